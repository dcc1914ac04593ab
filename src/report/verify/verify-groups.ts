import type { Cause } from '../../verify/compare/differences.js';
import type { RunVerdict, Verdict } from '../../verify/compare/verdict.js';
import { sentence, titleOf } from '../file/page-text.js';
import { formatNoun } from '../format.js';
import type { PageGroup } from '../page/page-data.js';
import { differenceText, findingText } from './verify-text.js';

/** What runs have in common, by what is to be said of it. */
export interface VerifyGroups {
  readonly wrong: readonly PageGroup[];
  readonly unread: readonly PageGroup[];
  readonly explained: readonly PageGroup[];
}

interface Group {
  readonly section: keyof VerifyGroups;
  readonly title: string;
  readonly code: string;
  runs: number;
  items: number;
  readonly noun?: string;
  readonly detail: string;
}

const EXPLAINED: Readonly<Record<Exclude<Cause, 'unexplained'>, string>> = {
  kept: 'Kept by Aim, since it cannot be read in MLflow',
  'changed-in-aim': 'Changed in Aim by a person or its SDK',
  behind: 'Not in Aim yet: the run is active',
};

const WHOLE: Readonly<Partial<Record<Verdict, string>>> = {
  missing: 'Runs that Aim does not have',
  extra: 'Runs that only Aim has',
  unread: 'Runs that could not be read',
};

const REMOVED = 'Runs that were removed in Aim';

/** Adds up in what runs differ. Its size does not depend on the number of runs: the keys of groups are made of codes. */
export class VerifyGroupCounts {
  private readonly counted = new Map<string, Group>();

  /** Returns the keys of the groups that the run belongs to. Of its differences those that are kept are counted. */
  add(run: RunVerdict): string[] {
    const keys = new Set<string>();
    const count = (group: Omit<Group, 'runs' | 'items'>) => {
      const key = `${group.section} ${group.title}`;
      const known = this.counted.get(key) ?? { ...group, runs: 0, items: 0 };
      this.counted.set(key, known);
      if (!keys.has(key)) known.runs++;
      known.items++;
      keys.add(key);
    };
    const example = (text: string) => sentence(`${run.runName ?? run.hash}: ${text}`);
    const { verdict, reason = '', isUnexpected = false } = run;
    const isRemoved = verdict === 'changed-in-aim' && run.differences.length === 0;
    const title = isRemoved ? REMOVED : WHOLE[verdict];
    if (title !== undefined) {
      const wrong = verdict === 'missing' || isUnexpected ? 'wrong' : 'explained';
      count({ section: verdict === 'unread' ? 'unread' : wrong, title, code: verdict, detail: example(reason) });
    }
    for (const difference of run.differences) {
      const { code, cause } = difference;
      const detail = example(differenceText(difference));
      if (cause === 'unexplained') count({ section: 'wrong', title: titleOf(code), code, noun: 'difference', detail });
      else count({ section: 'explained', title: EXPLAINED[cause], code: cause, noun: 'difference', detail });
    }
    for (const finding of run.findings) {
      const section = finding.severity === 'error' ? 'wrong' : 'explained';
      count({ section, title: titleOf(finding.code), code: finding.code, detail: example(findingText(finding)) });
    }
    for (const { part, why } of run.unread) {
      count({ section: 'unread', title: `${titleOf(part)} could not be read`, code: part, detail: example(why) });
    }
    return [...keys];
  }

  /** The groups with most runs first. */
  groups(): VerifyGroups {
    const of = (section: keyof VerifyGroups) =>
      [...this.counted]
        .filter(([, group]) => group.section === section)
        .sort(([, a], [, b]) => b.runs - a.runs || (a.title < b.title ? -1 : 1))
        .map(([key, group]) => pageGroup(key, group));
    return { wrong: of('wrong'), unread: of('unread'), explained: of('explained') };
  }
}

function pageGroup(key: string, { title, code, runs, items, noun, detail }: Group): PageGroup {
  return { key, title, code, runs, detail, ...(noun !== undefined && { amount: formatNoun(items, noun) }) };
}
