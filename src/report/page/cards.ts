import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../format.js';
import { element } from './element.js';
import type { PageReport } from './page-data.js';

/** The numbers of the whole conversion. Of what was written there are none where nothing was. */
export function summaryCards({ summary }: Pick<PageReport, 'summary'>): HTMLElement {
  const { runs, runsDeleted } = summary;
  const outcomes = Object.entries(runs).flatMap(([outcome, count]) => some(count, outcome));
  const deleted = Object.entries(runsDeleted).flatMap(([action, count]) => some(count, action));
  const rates = [
    ...(summary.runsPerSecond > 0 ? [formatRate(summary.runsPerSecond, 'runs')] : []),
    ...(summary.pointsPerSecond > 0 ? [formatRate(summary.pointsPerSecond, 'points')] : []),
  ];
  return element(
    'section.cards',
    card('Runs', formatCount(sumOf(runs)), outcomes),
    card('Experiments', formatCount(summary.experiments), some(summary.experimentsFailed, 'could not be read')),
    ...(runs.new + runs.updated > 0 ? writtenCards(summary) : []),
    card('Time', formatDuration(summary.seconds), rates),
    deleted.length > 0 && card('Deleted in MLflow', formatCount(sumOf(runsDeleted)), deleted),
  );
}

function writtenCards(summary: PageReport['summary']): HTMLElement[] {
  const { image, text, audio } = summary.artifacts;
  return [
    card('Points', formatCount(summary.points), [
      formatNoun(summary.metrics, 'metric'),
      ...some(summary.pointsCollapsed, 'collapsed'),
      ...some(summary.metricsRenumbered, 'renumbered'),
    ]),
    card('Params and tags', formatCount(summary.params + summary.tags), [
      formatNoun(summary.params, 'param'),
      formatNoun(summary.tags, 'tag'),
    ]),
    card('Artifacts', formatCount(image + text + audio), [
      ...some(image, image === 1 ? 'image' : 'images'),
      ...some(text, text === 1 ? 'text' : 'texts'),
      ...some(audio, 'audio'),
      ...some(summary.artifactsListed, 'listed as links'),
    ]),
    card('Written', formatBytes(summary.bytesWritten), [`${formatBytes(summary.artifactBytes)} of artifacts`]),
  ];
}

function card(title: string, value: string, details: readonly string[]): HTMLElement {
  const lines = [element('h3', title), element('p.value', value), element('p.details', details.join(' · '))];
  return element('div.card', ...lines);
}

function some(count: number, words: string): string[] {
  return count > 0 ? [`${formatCount(count)} ${words}`] : [];
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
