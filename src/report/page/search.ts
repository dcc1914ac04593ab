import type { PageRun } from './page-data.js';

/** Which runs of the page are listed. */
export interface Query {
  /** Words, each of which is in a run's texts or begins its id, in any case. */
  readonly words: string;
  /** A filter of {@link FILTERS}, or the key of a group. */
  readonly filter: string;
  readonly order: keyof typeof ORDERS;
}

/** Filters that are always there, by name. */
const FILTERS: Readonly<Record<string, { readonly label: string; readonly matches: (run: PageRun) => boolean }>> = {
  all: { label: 'All', matches: () => true },
  failed: { label: 'Failed', matches: ({ outcome }) => outcome === 'failed' },
  incomplete: { label: 'Incomplete', matches: ({ unread }) => unread !== undefined },
  noticed: { label: 'Something left behind', matches: ({ notices }) => notices !== undefined },
  skipped: { label: 'Skipped', matches: ({ outcome }) => outcome === 'skipped' },
  new: { label: 'New', matches: ({ outcome }) => outcome === 'new' },
  updated: { label: 'Updated', matches: ({ outcome }) => outcome === 'updated' },
  unchanged: { label: 'Unchanged', matches: ({ outcome }) => outcome === 'unchanged' },
};

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
  attention: (a, b) => importance(b) - importance(a),
  slowest: (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1),
  points: (a, b) => b.points - a.points,
  name: (a, b) => collator.compare(a.name ?? a.id, b.name ?? b.id),
};

function importance({ outcome, unread, notices }: PageRun): number {
  if (outcome === 'failed') return 4;
  if (unread !== undefined) return 3;
  if (outcome === 'skipped') return 2;
  return notices === undefined ? 0 : 1;
}

/** Runs that can be searched while somebody types. */
export class RunSearch {
  readonly #runs: readonly { readonly run: PageRun; readonly text: string }[];

  constructor(runs: readonly PageRun[]) {
    this.#runs = runs.map((run) => ({ run, text: searchText(run) }));
  }

  /** The runs that match, in order. */
  find({ words, filter, order }: Query): PageRun[] {
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const matches = FILTERS[filter]?.matches ?? ((run: PageRun) => run.groups?.includes(filter) ?? false);
    const found = this.#runs.filter(
      ({ run, text }) => matches(run) && wanted.every((word) => text.includes(word) || isBeginning(word, run.id)),
    );
    return found.map(({ run }) => run).sort(COMPARE[order]);
  }

  /** The filters that some run passes, with their labels and how many do. */
  filters(): { readonly filter: string; readonly label: string; readonly runs: number }[] {
    const counted = Object.entries(FILTERS).map(([filter, { label, matches }]) => {
      return { filter, label, runs: this.#runs.filter(({ run }) => matches(run)).length };
    });
    return counted.filter(({ runs }) => runs > 0);
  }
}

/** Of an id, which holds any two digits, only a beginning of some length is meant. */
function isBeginning(word: string, id: string): boolean {
  return word.length >= SHORTEST_ID && id.toLowerCase().startsWith(word);
}

function searchText({ name, experiment, outcome, reason, unread = [], notices = [] }: PageRun): string {
  return [name, experiment, outcome, reason, ...unread, ...notices].join('\n').toLowerCase();
}
