import type { PageFilter, PageRun } from './page-data.js';

/** Which runs of the page are listed. */
export interface Query {
  /** Words, each of which is in a run's texts or begins its id, in any case. */
  readonly words: string;
  /** The key of a group or filter; undefined for all runs. */
  readonly key: string | undefined;
  readonly order: keyof typeof ORDERS;
}

export const ORDERS = {
  attention: 'Most important first',
  slowest: 'Slowest first',
  points: 'Most points first',
  name: 'By name',
} as const;

const SHORTEST_ID = 4;

/** Compares texts as people order them: `run 2` before `run 10`. */
const collator = new Intl.Collator('en', { numeric: true });

const COMPARE: Readonly<Record<Query['order'], (a: PageRun, b: PageRun) => number>> = {
  attention: (a, b) => b.weight - a.weight,
  slowest: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1),
  points: (a, b) => b.points - a.points,
  name: (a, b) => collator.compare(a.name ?? a.id, b.name ?? b.id),
};

/** Runs that can be searched while somebody types. */
export class RunSearch {
  readonly #runs: readonly { readonly run: PageRun; readonly text: string }[];

  constructor(runs: readonly PageRun[]) {
    this.#runs = runs.map((run) => ({ run, text: searchText(run) }));
  }

  /** The runs that match, in order. */
  find({ words, key, order }: Query): PageRun[] {
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const matches = ({ run, text }: { readonly run: PageRun; readonly text: string }) =>
      (key === undefined || run.keys.includes(key)) &&
      wanted.every((word) => text.includes(word) || isBeginning(word, run.id));
    return this.#runs
      .filter(matches)
      .map(({ run }) => run)
      .sort(COMPARE[order]);
  }

  /** Those of the filters that some run passes, and how many do. */
  counted(filters: readonly PageFilter[]): readonly (PageFilter & { readonly runs: number })[] {
    const counts = new Map<string, number>();
    for (const { run } of this.#runs) for (const key of run.keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return filters.map((filter) => ({ ...filter, runs: counts.get(filter.key) ?? 0 })).filter(({ runs }) => runs > 0);
  }
}

/** Of an id, which holds any two digits, only a beginning of some length is meant. */
function isBeginning(word: string, id: string): boolean {
  return word.length >= SHORTEST_ID && id.toLowerCase().startsWith(word);
}

function searchText({ name, experiment, badges, reason, lists = [] }: PageRun): string {
  const words = badges.map(({ word }) => word);
  return [name, experiment, ...words, reason, ...lists.flatMap(({ texts }) => texts)].join('\n').toLowerCase();
}
