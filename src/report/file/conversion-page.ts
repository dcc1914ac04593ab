import type { ConversionSummary } from '../../summary/summary.js';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../format.js';
import type { PageCard, PageMessage, PagePart, PageReport, PageSection } from '../page/page-data.js';
import type { ConversionGroups } from './page-groups.js';
import { moment, sentence } from './page-text.js';
import type { ReportEnd, ReportHead } from './report-format.js';
import { verdict } from './verdict.js';

/** Warnings, and experiments that could not be read. */
const MESSAGES_SHOWN = 200;

const FILTERS = [
  { key: 'failed', label: 'Failed' },
  { key: 'incomplete', label: 'Incomplete' },
  { key: 'noticed', label: 'Something left behind' },
  { key: 'skipped', label: 'Skipped' },
  { key: 'new', label: 'New' },
  { key: 'updated', label: 'Updated' },
  { key: 'unchanged', label: 'Unchanged' },
];

/** What the page of a conversion shows beside its runs. */
export function conversionPage(
  { started, version }: Pick<ReportHead, 'started' | 'version'>,
  end: ReportEnd,
  groups: ConversionGroups,
): Omit<PageReport, 'slowest' | 'omitted'> {
  const { source, repo, summary, throughput } = end;
  const { tone, text } = verdict(end);
  const { runsUnpublished } = summary;
  return {
    title: 'Conversion from MLflow to Aim',
    verdict: { tone, text: sentence(text) },
    facts: [
      ...(source === undefined ? [] : [['From', sentence(source)] as const]),
      ...(repo === undefined ? [] : [['To', sentence(repo)] as const]),
      ['Started', `${moment(started)} · took ${formatDuration(summary.seconds)}`],
      ['By', `mlflow2aim ${version}`],
      ...(runsUnpublished === 0
        ? []
        : [
            [
              'In vain',
              `${formatNoun(runsUnpublished, 'run')} built and not published; the next conversion builds them again`,
            ] as const,
          ]),
    ],
    cards: cards(summary),
    sections: [attention(end, groups), skipped(groups), leftBehind(summary, groups), warnings(end)].filter(
      ({ parts }) => parts.length > 0,
    ),
    throughput,
    seconds: summary.seconds,
    filters: FILTERS,
  };
}

/** Of what was written there are none where nothing was. */
function cards(summary: ConversionSummary): PageCard[] {
  const { runs, runsDeleted, seconds } = summary;
  const deleted = Object.entries(runsDeleted).flatMap(([action, count]) => some(count, action));
  const rates = [
    ...(summary.runsPerSecond > 0 ? [formatRate(summary.runsPerSecond, 'runs')] : []),
    ...(summary.pointsPerSecond > 0 ? [formatRate(summary.pointsPerSecond, 'points')] : []),
  ];
  return [
    {
      title: 'Runs',
      value: formatCount(sumOf(runs)),
      details: Object.entries(runs).flatMap(([outcome, count]) => some(count, outcome)),
    },
    {
      title: 'Experiments',
      value: formatCount(summary.experiments),
      details: some(summary.experimentsFailed, 'could not be read'),
    },
    ...(runs.new + runs.updated > 0 ? writtenCards(summary) : []),
    { title: 'Time', value: formatDuration(seconds), details: rates },
    ...(deleted.length > 0
      ? [{ title: 'Deleted in MLflow', value: formatCount(sumOf(runsDeleted)), details: deleted }]
      : []),
  ];
}

function writtenCards(summary: ConversionSummary): PageCard[] {
  const { image, text, audio, figure } = summary.artifacts;
  return [
    {
      title: 'Points',
      value: formatCount(summary.points),
      details: [
        formatNoun(summary.metrics, 'metric'),
        ...some(summary.pointsCollapsed, 'collapsed'),
        ...some(summary.metricsRenumbered, 'renumbered'),
      ],
    },
    {
      title: 'Params and tags',
      value: formatCount(summary.params + summary.tags),
      details: [formatNoun(summary.params, 'param'), formatNoun(summary.tags, 'tag')],
    },
    {
      title: 'Artifacts',
      value: formatCount(image + text + audio + figure),
      details: [
        ...some(image, image === 1 ? 'image' : 'images'),
        ...some(text, text === 1 ? 'text' : 'texts'),
        ...some(audio, 'audio'),
        ...some(figure, figure === 1 ? 'figure' : 'figures'),
        ...some(summary.artifactsListed, 'listed as links'),
      ],
    },
    {
      title: 'Written',
      value: formatBytes(summary.bytesWritten),
      details: [`${formatBytes(summary.artifactBytes)} of artifacts`],
    },
  ];
}

/** What failed or is incomplete, by cause; and what to do about it. */
function attention({ failedExperiments, summary }: ReportEnd, { failed, incomplete }: ConversionGroups): PageSection {
  const experiments = failedExperiments.map(({ id, code, message }) => ({ code, message: `${id}: ${message}` }));
  return {
    title: 'What needs attention',
    parts: [
      ...messages(experiments, summary.experimentsFailed, { title: 'Experiments that could not be read' }),
      ...part(failed, {
        title: 'Failed runs',
        note: 'They were left in Aim as they were. The next conversion tries them again.',
      }),
      ...part(incomplete, {
        title: 'Incomplete runs',
        note: 'Aim keeps what it had of the missing parts, and each conversion tries them again. Mount what is not mounted, give the credentials, --artifacts-destination or --allow-root, or accept what is gone for good with --accept-missing RUN_ID|URI.',
      }),
    ],
  };
}

/** What was left out on purpose. */
function skipped(groups: ConversionGroups): PageSection {
  return { title: 'What was skipped', parts: part(groups.skipped, {}) };
}

/** What Aim does not hold as MLflow does, and why. */
function leftBehind(summary: ConversionSummary, groups: ConversionGroups): PageSection {
  const { traces, tracesMore, artifactsListed } = summary;
  const stay = tracesMore ? 'or more stay' : traces === 1 ? 'stays' : 'stay';
  const notes = [
    ...(artifactsListed > 0
      ? [`${formatNoun(artifactsListed, 'file')} can be opened in Aim as links to where MLflow keeps them.`]
      : []),
    ...(traces > 0 ? [`${formatNoun(traces, 'trace')} ${stay} in MLflow: Aim has nothing like them.`] : []),
  ];
  const parts = part(groups.leftBehind, {});
  return {
    title: 'What was left behind or changed',
    parts: notes.length > 0 ? [{ note: notes.join(' ') }, ...parts] : parts,
  };
}

function warnings({ warnings: given, summary }: ReportEnd): PageSection {
  return { title: 'Warnings', parts: messages(given, summary.warnings, {}) };
}

function part(groups: ConversionGroups[keyof ConversionGroups], about: PagePart): PagePart[] {
  return groups.length === 0 ? [] : [{ ...about, groups }];
}

function messages(
  all: readonly { readonly code: string; readonly message: string }[],
  total: number,
  about: PagePart,
): PagePart[] {
  const shown: PageMessage[] = all
    .slice(0, MESSAGES_SHOWN)
    .map(({ code, message }) => ({ text: sentence(message), code }));
  const more = total - shown.length;
  if (more > 0) shown.push({ text: `and ${formatCount(more)} more` });
  return shown.length === 0 ? [] : [{ ...about, messages: shown }];
}

function some(count: number, words: string): string[] {
  return count > 0 ? [`${formatCount(count)} ${words}`] : [];
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
