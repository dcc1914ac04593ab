import { PART_NOUNS } from '../mapping/unread-parts.js';
import type { Notice, RunPart } from '../model.js';
import type { RunReport } from '../outcome.js';
import { fileExtension } from '../summary/file-extension.js';
import { OTHERS, Tally } from '../summary/tally.js';
import { formatCount, formatNoun } from './format.js';
import { artifactsAdvice, type NoticeLine, noticeDetail, noticeLevel, replacedPoints } from './notice-text.js';

/** Runs that are named for each kind. */
const RUNS_NAMED = 3;
/** Extensions, parts and the like that are counted apart, and those that are told. */
const THINGS_KEPT = 200;
const THINGS_TOLD = 4;

/** A run, as far as its notices are concerned. */
export type NoticedRun = Pick<RunReport, 'runId' | 'runName' | 'notices'>;

/** What is known of all notices of a kind. */
interface Group {
  readonly first: Notice;
  readonly detail: string;
  runs: number;
  /** Files, points, fields and so on. */
  things: number;
  readonly names: string[];
  readonly tally: Tally;
}

/** Adds up the notices of runs by kind. Its size does not depend on the number of runs. */
export class NoticeGroups {
  readonly #groups = new Map<string, Group>();

  add(run: NoticedRun): void {
    const seen = new Set<Group>();
    for (const notice of run.notices) {
      const group = this.#groupOf(notice);
      group.things += thingsOf(notice);
      const key = tallyKey(notice);
      if (key !== undefined) group.tally.add(key, notice.kind === 'part-kept' ? notice.items : 1);
      if (seen.has(group)) continue;
      seen.add(group);
      group.runs += 1;
      if (group.names.length < RUNS_NAMED) group.names.push(run.runName ?? run.runId);
    }
  }

  /** Whether there are runs that no line names. */
  get hasUnnamed(): boolean {
    return [...this.#groups.values()].some(({ runs, names }) => runs > names.length);
  }

  /** A line for each kind, warnings first and then the kinds of which most runs have something. */
  lines(): NoticeLine[] {
    const groups = [...this.#groups.values()].sort((a, b) => b.runs - a.runs);
    const lines = groups.map((group): NoticeLine => ({ level: noticeLevel(group.first), text: lineOf(group) }));
    return [...lines.filter(({ level }) => level === 'warning'), ...lines.filter(({ level }) => level === 'note')];
  }

  #groupOf(notice: Notice): Group {
    const key = notice.kind === 'artifact-skipped' ? `${notice.kind} ${notice.reason}` : notice.kind;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = {
        first: notice,
        detail: noticeDetail(notice),
        runs: 0,
        things: 0,
        names: [],
        tally: new Tally(THINGS_KEPT),
      };
      this.#groups.set(key, group);
    }
    return group;
  }
}

function thingsOf(notice: Notice): number {
  return notice.kind === 'points-collapsed' ? notice.points : notice.kind === 'part-kept' ? notice.items : 1;
}

/** What things of this kind are told apart by. */
function tallyKey(notice: Notice): string | undefined {
  if (notice.kind === 'artifact-skipped') return fileExtension(notice.path) || 'without extension';
  return notice.kind === 'part-kept' ? notice.part : undefined;
}

/** `5,000 runs (calm-owl-12, sad-fox-3, wise-elk-7, …): 10,000 files stay in MLflow as links (5,000 .pkl, 5,000 .pt).` */
function lineOf(group: Group): string {
  const { runs, names } = group;
  const who = names.join(', ') + (runs > names.length ? ', …' : '');
  return `${runs === 1 ? `Run ${who}` : `${formatNoun(runs, 'run')} (${who})`}: ${sentenceOf(group)}`;
}

/** What happened in all runs of the group, as a sentence. */
function sentenceOf({ first, things, tally, detail }: Group): string {
  const many = (noun: string) => formatNoun(things, noun);
  const example = detail === '' ? '' : ` The first: ${detail}`;
  switch (first.kind) {
    case 'artifact-skipped':
      return skippedSentence(first, many('file'), tally) + (noticeLevel(first) === 'note' ? '' : example);
    case 'points-collapsed':
      return `${replacedPoints(things)}; --repeated-steps split keeps all.${example}`;
    case 'metric-renumbered':
      return `${many('metric')} got new steps, 0, 1, 2 … in order of arrival.`;
    case 'context-clash':
      return `${many('metric')} kept their names, because with a context they would have shared sequences.${example}`;
    case 'history-missing':
      return `MLflow has only the latest value of ${many('metric')}, not the points.${example}`;
    case 'line-skipped':
      return `${many('metric line')} could not be read.${example}`;
    case 'field-unreadable':
      return `${many('field')} could not be read.${example}`;
    case 'artifacts-unreachable':
      return `the artifacts could not be reached.${example} ${artifactsAdvice(first.reason)}--accept-missing says that they are gone for good.`;
    case 'part-kept':
      return `what could not be read stays in Aim as it was: ${partsOf(tally)}.`;
    case 'text-replaced':
      return `${many('text')} held bytes that are not UTF-8; they became U+FFFD.${example}`;
    case 'stale':
      return 'still RUNNING in MLflow, but nothing was logged for --stale-after; closed at the last sign of life.';
  }
}

function skippedSentence({ reason }: Notice & { kind: 'artifact-skipped' }, files: string, tally: Tally): string {
  const kinds = extensionsOf(tally);
  const isOne = files.startsWith('1 ');
  const stay = `${isOne ? 'stays' : 'stay'} in MLflow as ${isOne ? 'a link' : 'links'} (${kinds})`;
  switch (reason) {
    case 'no-kind':
      return `${files} ${stay}.`;
    case 'too-large':
      return `${files} over the size limit ${stay}; --max-artifact-size and --max-text-size raise it.`;
    case 'not-an-image':
      return `${files} with the extension of an image but no valid image header ${stay}.`;
    case 'unreadable':
      return `${files} could not be read (${kinds}).`;
    case 'link-outside':
      return `${files} behind links out of the run ${isOne ? 'was' : 'were'} left out (${kinds}); --copy-links follows them.`;
    case 'path-outside':
      return `${files} listed outside of the directory that was asked for ${isOne ? 'was' : 'were'} left out (${kinds}).`;
  }
}

function extensionsOf(tally: Tally): string {
  const entries = tally.entries();
  const told = entries.filter(([key]) => key !== OTHERS).slice(0, THINGS_TOLD);
  const rest = entries.filter((entry) => !told.includes(entry)).reduce((sum, [, files]) => sum + files, 0);
  const parts = told.map(([extension, files]) => `${formatCount(files)} ${extension}`);
  return [...parts, ...(rest > 0 ? [`${formatCount(rest)} others`] : [])].join(', ');
}

function partsOf(tally: Tally): string {
  return tally
    .entries()
    .map(([part, items]) => formatNoun(items, PART_NOUNS[part as RunPart]))
    .join(', ');
}
