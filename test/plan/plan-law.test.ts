import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { removeRuns } from '../../src/aim/remove-runs.js';
import { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { convert } from '../../src/convert.js';
import { ConvertEvents } from '../../src/events.js';
import type { ConvertOptions } from '../../src/options.js';
import type { RunOutcome } from '../../src/outcome.js';
import { plan } from '../../src/plan/plan.js';
import type { Plan } from '../../src/plan/plan-result.js';
import { id, newStore, series } from '../support/example-store.js';
import { changedPaths, listing } from '../support/file-listing.js';
import type { RunSpec } from '../support/file-store-builder.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The law of docs/plan.md: a plan says what the conversion after it then reports. */

const RUNS = ['a', 'b', 'c', 'd'].map(id);
type Happening =
  | 'logged'
  | 'deleted in MLflow'
  | 'restored in MLflow'
  | 'gone from MLflow'
  | 'unreadable'
  | 'copied'
  | 'removed in Aim'
  | 'written by Aim'
  | 'tracked by Aim'
  | 'damaged in Aim';

interface Action {
  readonly run: string;
  readonly what: Happening | 'conversion';
}

type Choices = Pick<ConvertOptions, 'includeDeleted' | 'deleted' | 'overwrite' | 'restoreRemoved'>;

const happening = fc.constantFrom<Happening>(
  'logged',
  'logged',
  'logged',
  'deleted in MLflow',
  'restored in MLflow',
  'gone from MLflow',
  'unreadable',
  'copied',
  'removed in Aim',
  'written by Aim',
  'tracked by Aim',
  'damaged in Aim',
);
const actions = fc.array(
  fc.record<Action>({
    run: fc.constantFrom(...RUNS),
    what: fc.oneof({ weight: 3, arbitrary: happening }, { weight: 1, arbitrary: fc.constant('conversion' as const) }),
  }),
  { minLength: 2, maxLength: 16 },
);
const choices = fc.record<Choices>({
  includeDeleted: fc.boolean(),
  deleted: fc.constantFrom('archive', 'remove', 'keep'),
  overwrite: fc.boolean(),
  restoreRemoved: fc.boolean(),
});

/** A store and a repository to which things happen. */
class World {
  readonly store = newStore();
  readonly repo = join(temporaryDirectory(), 'aim');
  readonly #specs = new Map<string, RunSpec>();
  #count = 0;

  constructor() {
    this.store.experiment({ id: '1' });
    this.store.experiment({ id: '2' });
    for (const run of RUNS.slice(0, 2)) this.write(run, {});
  }

  happen({ run, what }: { readonly run: string; readonly what: Happening }): void {
    const repository = existsSync(join(this.repo, '.aim')) ? Repository.find(this.repo) : undefined;
    const inMlflow = join(this.store.root, '1', run);
    if (what === 'logged') this.write(run, {});
    if (what === 'deleted in MLflow') this.write(run, { lifecycleStage: 'deleted' });
    if (what === 'restored in MLflow') this.write(run, { lifecycleStage: 'active' });
    if (what === 'gone from MLflow') rmSync(inMlflow, { recursive: true, force: true });
    if (what === 'unreadable' && existsSync(inMlflow)) writeFileSync(join(inMlflow, 'meta.yaml'), '{');
    if (what === 'copied') this.store.run('2', { runId: run, tags: { n: String(this.#count++) } });
    if (repository === undefined || !existsSync(repository.meta(run))) return;
    if (what === 'removed in Aim') remove(repository, run);
    if (what === 'written by Aim') {
      writeFileSync(join(repository.meta(run), 'LOCK'), '');
      this.write(run, {}); // what is overwritten is another run then
    }
    if (what === 'tracked by Aim') writeFileSync(join(repository.path, 'locks', `${run}.softlock`), '');
    if (what === 'damaged in Aim') truncateSync(join(repository.meta(run), 'CURRENT'));
  }

  /** Each time with another tag, so that no change is none. */
  private write(runId: string, changes: Partial<RunSpec>): void {
    const before = this.#specs.get(runId) ?? { runId, params: { lr: '0.1' }, metrics: { loss: series(3) } };
    const artifacts = { 'a.txt': 'text', 'model/b.bin': 'bytes' };
    const spec: RunSpec = { ...before, ...changes, artifacts, tags: { n: String(this.#count++) } };
    this.#specs.set(runId, spec);
    this.store.run('1', spec);
  }
}

function remove(repository: Repository, run: string): void {
  const metadata = new RunMetadata(repository.metadataFile);
  try {
    removeRuns(repository, metadata, [run]);
  } finally {
    metadata.close();
  }
}

/** What a conversion reports, in the words of a plan. */
async function converted(options: ConvertOptions): Promise<Pick<Plan, 'runs' | 'skippedRuns' | 'deleted'>> {
  const events = new ConvertEvents();
  const outcomes: Record<RunOutcome, number> = { new: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  const skippedRuns: Record<string, number> = {};
  const deleted = { archived: 0, removed: 0, kept: 0 };
  events.on('run:done', ({ outcome, code }) => {
    outcomes[outcome] += 1;
    if (outcome === 'skipped') skippedRuns[code!] = (skippedRuns[code!] ?? 0) + 1;
  });
  events.on('run:deleted', ({ action }) => {
    deleted[action] += 1;
  });
  await convert(options, events, new AbortController().signal);
  const { updated, ...others } = outcomes;
  return { runs: { ...others, changed: updated }, skippedRuns, deleted };
}

async function planAndConvert(world: World, options: ConvertOptions): Promise<Plan> {
  await settled(world.store.root);
  const before = { store: listing(world.store.parent), repo: everything(world.repo) };
  const planned = await plan(options);
  expect(changedPaths(before.store, listing(world.store.parent))).toEqual([]);
  expect(changedPaths(before.repo, everything(world.repo))).toEqual([]);
  const { runs, skippedRuns, deleted } = planned;
  expect({ runs, skippedRuns, deleted }).toEqual(await converted(options));
  return planned;
}

function everything(path: string): Record<string, string> {
  return existsSync(path) ? listing(path) : {};
}

const [A, B, C, D] = RUNS as [string, string, string, string];
const then = (run: string, ...whats: readonly Action['what'][]) => whats.map((what): Action => ({ run, what }));

/** Tried first, so that everything is certainly among what is tried. */
const usual: readonly Action[] = [
  ...then(A, 'conversion', 'deleted in MLflow'),
  ...then(C, 'logged', 'conversion', 'removed in Aim', 'logged'),
  ...then(A, 'restored in MLflow'),
  ...then(B, 'written by Aim'),
  ...then(D, 'logged', 'conversion', 'damaged in Aim'),
  ...then(B, 'gone from MLflow'),
  ...then(C, 'copied'),
  ...then(A, 'tracked by Aim', 'copied', 'conversion', 'unreadable'),
];

/** The same id in two experiments: one of the two fails. */
const duplicate: readonly Action[] = then(C, 'conversion', 'logged', 'copied');

test('a plan says what the conversion after it reports, and writes nothing', async () => {
  const seen = { new: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0, deleted: 0 };
  const play = async (history: readonly Action[], policies: Choices) => {
    const world = new World();
    const options = { trackingUri: world.store.root, repo: world.repo, inProcess: true, ...policies };
    const conversion = { run: '', what: 'conversion' } as const;
    for (const action of [...history, conversion]) {
      const { what, run } = action;
      if (what !== 'conversion') {
        world.happen({ run, what });
        continue;
      }
      const { runs, deleted } = await planAndConvert(world, options);
      for (const [outcome, count] of Object.entries(runs)) seen[outcome as keyof typeof seen] += count;
      seen.deleted += deleted.archived + deleted.removed + deleted.kept;
      // whatever Aim was tracking has ended
      rmSync(join(world.repo, '.aim', 'locks'), { recursive: true, force: true });
      mkdirSync(join(world.repo, '.aim', 'locks'));
    }
  };
  await fc.assert(fc.asyncProperty(actions, choices, play), {
    numRuns: 8,
    examples: [
      [duplicate, {}],
      [usual, {}],
    ],
  });
  expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
}, 120_000);
