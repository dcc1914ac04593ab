import { PART_NOUNS } from '../../mapping/unread-parts.js';
import type { Notice, UnreachableReason } from '../../model.js';
import type { RunReport, ToldPart } from '../../outcome.js';
import { fileExtension } from '../../summary/file-extension.js';
import { Tally } from '../../summary/tally.js';
import { formatCount, formatNoun } from '../format.js';
import { noticeLines, skipReasonText } from '../notice-text.js';
import type { PageGroup } from '../page/page-data.js';
import { isToldAsUnread, unreadText } from './page-rows.js';
import { sentence, titleOf } from './page-text.js';

/** Causes and losses of all runs, including those that are not on the page. */
export interface ConversionGroups {
  readonly failed: readonly PageGroup[];
  readonly incomplete: readonly PageGroup[];
  readonly skipped: readonly PageGroup[];
  readonly leftBehind: readonly PageGroup[];
}

type Section = keyof ConversionGroups;

interface GroupText {
  readonly section: Section;
  readonly title: string;
  readonly code: string;
  readonly noun?: string;
  readonly detail?: string;
}

interface Group extends GroupText {
  runs: number;
  items: number;
  /** Of files that stayed behind. */
  readonly extensions: Tally;
}

/** Different extensions that are counted apart: some are step numbers. */
const EXTENSIONS_KEPT = 200;
/** Extensions named for each reason why files stayed behind. */
const EXTENSIONS_NAMED = 8;

const NOTICES: Readonly<Record<Exclude<Notice['kind'], 'artifact-skipped'>, { title: string; noun?: string }>> = {
  'line-skipped': { title: 'Metric lines that could not be read', noun: 'line' },
  'points-collapsed': { title: 'Points replaced by a later one at the same step', noun: 'point' },
  'metric-renumbered': { title: 'Metrics with new steps 0, 1, 2 … in order of arrival', noun: 'metric' },
  'context-clash': {
    title: 'Metrics that kept their names, because with a context they would have shared sequences',
    noun: 'metric',
  },
  'history-missing': { title: 'Metrics of which MLflow has only the latest value', noun: 'metric' },
  'artifacts-unreachable': { title: 'Artifacts that could not be reached' },
  'text-replaced': { title: 'Texts that are not UTF-8; invalid bytes became U+FFFD', noun: 'text' },
  'field-unreadable': { title: 'Fields that could not be read', noun: 'field' },
  'part-kept': { title: 'Parts that could not be read, and stay in Aim as they were', noun: 'item' },
  stale: { title: 'Runs still RUNNING in MLflow, closed because nothing was logged for --stale-after' },
};

const UNREACHABLE: Readonly<Record<UnreachableReason, string>> = {
  missing: 'nothing is there',
  'no-access': 'no access from here',
  refused: 'a location that is not followed',
  failed: 'could not be read',
};

/**
 * Adds up why runs failed, are incomplete or were skipped, and what was left behind. Its size does not depend on the number of
 * runs: the keys of groups are made of codes.
 */
export class GroupCounts {
  readonly #groups = new Map<string, Group>();

  /** @returns the keys of the groups that the run belongs to */
  add(run: RunReport): string[] {
    const keys = new Set<string>();
    const count = (key: string, items: number, describe: () => GroupText): Group => {
      const group = this.#groups.get(key) ?? {
        ...describe(),
        runs: 0,
        items: 0,
        extensions: new Tally(EXTENSIONS_KEPT),
      };
      this.#groups.set(key, group);
      if (!keys.has(key)) group.runs += 1;
      group.items += items;
      keys.add(key);
      return group;
    };
    if (run.outcome === 'failed' || run.outcome === 'skipped') {
      const { outcome, code = 'unexpected' } = run;
      count(`${outcome} ${code}`, 0, () => passedOverGroup(run, outcome, code));
    }
    for (const part of run.incomplete ?? []) {
      const code = part.reason ?? part.part;
      count(`incomplete ${part.part} ${code}`, 1, () => incompleteGroup(run, part, code));
    }
    for (const notice of run.notices) {
      if (isToldAsUnread(run, notice)) continue;
      const group = count(`left ${codeOf(notice)}`, itemsOf(notice), () => noticeGroup(run, notice));
      if (notice.kind === 'artifact-skipped') group.extensions.add(fileExtension(notice.path) || 'without extension');
    }
    return [...keys];
  }

  /** The groups with most runs first. */
  groups(): ConversionGroups {
    const of = (section: Section) =>
      [...this.#groups]
        .filter(([, group]) => group.section === section)
        .sort(([, a], [, b]) => b.runs - a.runs || (a.title < b.title ? -1 : 1))
        .map(([key, group]) => pageGroup(key, group));
    return {
      failed: of('failed'),
      incomplete: of('incomplete'),
      skipped: of('skipped'),
      leftBehind: of('leftBehind'),
    };
  }
}

function passedOverGroup(run: RunReport, section: 'failed' | 'skipped', code: string): GroupText {
  return { section, title: titleOf(code), code, detail: sentence(run.reason ?? '') };
}

function incompleteGroup(run: RunReport, part: ToldPart, code: string): GroupText {
  const why = part.reason === undefined ? 'could not be read' : UNREACHABLE[part.reason];
  return {
    section: 'incomplete',
    title: `${titleOf(part.part)}: ${why}`,
    code,
    ...(part.item !== undefined && { noun: PART_NOUNS[part.part] }),
    detail: example(run, unreadText(run, part)),
  };
}

function noticeGroup(run: RunReport, notice: Notice): GroupText {
  const section = 'leftBehind';
  const code = codeOf(notice);
  if (notice.kind === 'artifact-skipped') {
    return { section, title: `Files ${skipReasonText(notice.reason)}`, code, noun: 'file' };
  }
  const detail = example(run, noticeLines([notice])[0]?.text ?? '');
  return { section, ...NOTICES[notice.kind], code, detail };
}

function example({ runName, runId }: RunReport, text: string): string {
  return sentence(`${runName ?? runId}: ${text}`);
}

function codeOf(notice: Notice): string {
  return notice.kind === 'artifact-skipped' ? notice.reason : notice.kind;
}

function itemsOf(notice: Notice): number {
  if (notice.kind === 'points-collapsed') return notice.points;
  return notice.kind === 'part-kept' ? notice.items : 1;
}

function pageGroup(key: string, { title, code, runs, items, noun, extensions, detail }: Group): PageGroup {
  const told = detail ?? extensionList(extensions);
  return {
    key,
    title,
    code,
    runs,
    ...(noun !== undefined && { amount: formatNoun(items, noun) }),
    ...(told !== '' && { detail: told }),
  };
}

/** `12 .pt, 3 .pkl, 1 without extension`, most first. */
function extensionList(extensions: Tally): string {
  const all = extensions.entries();
  const named = all.slice(0, EXTENSIONS_NAMED).map(([extension, files]) => `${formatCount(files)} ${extension}`);
  const more = all.length - named.length;
  return sentence([...named, ...(more > 0 ? [`and ${formatNoun(more, 'other extension')}`] : [])].join(', '));
}
