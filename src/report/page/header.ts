import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../format.js';
import { element, foreign, section, sentence } from './element.js';
import type { PageReport } from './page-data.js';

/** How it ended, in one sentence, and what of what. */
export function header(report: PageReport): HTMLElement {
  const { tone, text } = verdict(report);
  const { source, repo, started, version, summary } = report;
  const places = element('dl.places');
  const add = (term: string, ...texts: readonly (Node | string)[]) => {
    places.append(element('div', element('dt', term), element('dd', ...texts)));
  };
  if (source !== undefined) add('From', foreign(source));
  if (repo !== undefined) add('To', foreign(repo));
  add('Started', moment(started), ` · took ${formatDuration(summary.seconds)}`);
  add('By', `mlflow2aim ${version}`);
  const headline = element('p.verdict', sentence(text));
  headline.classList.add(tone);
  const { runsUnpublished } = summary;
  const inVain =
    runsUnpublished > 0 &&
    element(
      'p.note',
      `${formatNoun(runsUnpublished, 'run')} built and not published: the next conversion builds them again.`,
    );
  return element('header', element('h1', 'Conversion from MLflow to Aim'), headline, inVain, places);
}

type Tone = 'bad' | 'warn' | 'good';

function verdict({ error, interrupted, summary }: PageReport): { readonly tone: Tone; readonly text: string } {
  if (error !== undefined) return { tone: 'bad', text: `The conversion failed: ${error.message}` };
  const { runs, runsIncomplete, experimentsFailed } = summary;
  const problems = [
    ...(experimentsFailed > 0 ? [`${formatNoun(experimentsFailed, 'experiment')} could not be read`] : []),
    ...(runs.failed > 0 ? [`${formatNoun(runs.failed, 'run')} failed`] : []),
    ...(runsIncomplete > 0 ? [`${formatNoun(runsIncomplete, 'run')} could not be read completely`] : []),
  ];
  const told = problems.length === 0 ? '' : ` ${capital(list(problems))}.`;
  if (interrupted) {
    const text = 'The conversion was interrupted. Runs that are not listed are in Aim as they were before.';
    return { tone: 'warn', text: text + told };
  }
  if (told !== '')
    return { tone: runs.failed + experimentsFailed > 0 ? 'bad' : 'warn', text: `Done, with exceptions:${told}` };
  const skipped =
    runs.skipped > 0 ? ` ${formatNoun(runs.skipped, 'run')} ${runs.skipped === 1 ? 'was' : 'were'} skipped.` : '';
  return { tone: 'good', text: `Done. Nothing failed, and every run was read completely.${skipped}` };
}

/** The numbers of the whole conversion. */
export function summaryCards({ summary }: PageReport): HTMLElement {
  const { runs, artifacts, seconds } = summary;
  const total = Object.values(runs).reduce((sum, count) => sum + count, 0);
  const outcomes = Object.entries(runs).filter(([, count]) => count > 0);
  const kinds = [
    [artifacts.image, 'image', 'images'],
    [artifacts.text, 'text', 'texts'],
    [artifacts.audio, 'audio', 'audio'],
  ] as const;
  const transferred = kinds.filter(([count]) => count > 0).map(([count, one, many]) => formatNoun(count, one, many));
  const links = some(summary.artifactsListed, 'listed as links');
  const deleted = Object.entries(summary.runsDeleted).flatMap(([action, count]) => some(count, action));
  return element(
    'section.cards',
    card(
      'Runs',
      formatCount(total),
      outcomes.map(([outcome, count]) => `${formatCount(count)} ${outcome}`),
    ),
    card('Experiments', formatCount(summary.experiments), some(summary.experimentsFailed, 'could not be read')),
    card('Points', formatCount(summary.points), [
      formatNoun(summary.metrics, 'metric'),
      ...some(summary.pointsCollapsed, 'collapsed'),
      ...some(summary.metricsRenumbered, 'renumbered'),
    ]),
    card('Params and tags', formatCount(summary.params + summary.tags), [
      formatNoun(summary.params, 'param'),
      formatNoun(summary.tags, 'tag'),
    ]),
    card('Artifacts', formatCount(artifacts.image + artifacts.text + artifacts.audio), [...transferred, ...links]),
    card('Written', formatBytes(summary.bytesWritten), [`${formatBytes(summary.artifactBytes)} of artifacts`]),
    card('Time', formatDuration(seconds), [
      formatRate(summary.runsPerSecond, 'runs'),
      formatRate(summary.pointsPerSecond, 'points'),
    ]),
    deleted.length > 0 &&
      card('Deleted in MLflow', formatCount(Object.values(summary.runsDeleted).reduce((a, b) => a + b)), deleted),
  );
}

function card(title: string, value: string, details: readonly string[]): HTMLElement {
  return element(
    'div.card',
    element('h3', title),
    element('p.value', value),
    element('p.details', details.join(' · ')),
  );
}

/** Warnings about the conversion as a whole. */
export function warningList({ warnings, summary }: PageReport): HTMLElement | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map(({ code, message }) => element('li', sentence(message), ' ', element('code', code)));
  const more = summary.warnings - warnings.length;
  if (more > 0) items.push(element('li', `and ${formatCount(more)} more`));
  return section('Warnings', element('ul.messages', ...items));
}

function moment(iso: string): HTMLElement {
  const time = element('time', `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`);
  time.dateTime = iso;
  return time;
}

function some(count: number, words: string): string[] {
  return count > 0 ? [`${formatCount(count)} ${words}`] : [];
}

function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
