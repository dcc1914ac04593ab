import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Repository } from '../../src/aim/repository.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { outcomeLine } from '../../src/report/verify/verify-text.js';
import { VerifyEvents } from '../../src/verify/session/verify-events.js';
import { outcomeOf, TotalsCounter } from '../../src/verify/session/verify-totals.js';
import { verify } from '../../src/verify.js';
import { convertOnce } from '../support/conversions.js';
import { exampleStore, id, newStore, series } from '../support/example-store.js';
import { handMadeRun } from '../support/hand-made-run.js';
import { converted, rewrite, verdicts, wrong } from './verifying.js';

const count = (runs: ReadonlyMap<string, { readonly verdict: string }>) =>
  [...runs.values()].map(({ verdict }) => verdict).sort();

/** Does what a person may do in Aim's UI, which leaves its mark in the row. */
function inAim(repository: Repository, sql: string): void {
  const database = new DatabaseSync(repository.metadataFile);
  const marked = sql.replace('UPDATE run SET', "UPDATE run SET updated_at = '2026-01-02 03:04:05.678901',");
  database.exec(`PRAGMA foreign_keys = OFF; ${marked}`);
  database.close();
}

describe('a repository that was just converted is as it has to be', () => {
  test.each([
    ['the example of the tests', () => exampleStore().root],
    ['the example of the documentation', () => 'examples/mlruns'],
  ])('%s', async (_, root) => {
    const store = root();
    const runs = await verdicts(store, await converted(store));
    expect(wrong(runs.values())).toEqual([]);
    expect(new Set(count(runs))).toEqual(new Set(['equal', 'expected']));
    expect([...runs.values()].every(({ differenceCount }) => differenceCount === 0)).toBe(true);
  });

  test.each(['auto', 'last', 'split', 'index'] as const)(
    'by the policies of its conversion, which nobody need repeat: %s',
    async (repeatedSteps) => {
      const { root } = exampleStore();
      const mapping = { ...DEFAULT_MAPPING, repeatedSteps, rawParams: true };
      const artifacts = { ...DEFAULT_ARTIFACTS, rules: [{ include: false, glob: '*.png' }], terminalLog: '*.md' };
      const repository = await converted(root, undefined, { mapping, artifacts });
      expect(wrong((await verdicts(root, repository)).values())).toEqual([]);
      expect(wrong((await verdicts(root, repository, { mapping: { rawParams: false } })).values())).not.toEqual([]);
    },
  );

  test('steps of any size, and many points at one step', async () => {
    const store = newStore();
    store.experiment({ id: '1', name: 'long' });
    const huge = [2n ** 62n, 2n ** 62n + 1n, -(2n ** 60n), 5n].map((step, i) => ({
      step,
      value: i,
      timestamp: 1_700_000_000_000 + i,
    }));
    store.run('1', {
      runId: id('1'),
      metrics: { huge, repeated: [...series(50), ...series(50, 3)], loss: series(1000) },
    });
    const runs = await verdicts(store.root, await converted(store.root));
    expect(runs.get(id('1'))).toMatchObject({ verdict: 'expected', differences: [], allowed: { pointsCollapsed: 51 } });
  });
});

describe('what differs is told', () => {
  test('a run that is missing, and one that MLflow does not have', async () => {
    const store = exampleStore();
    const repository = await converted(store.root);
    handMadeRun(repository, 'mine', { lr: 1 });
    inAim(repository, "INSERT INTO run (hash, name) VALUES ('mine', 'by hand')");
    store.run('1', { runId: id('d'), name: 'new' });
    const runs = await verdicts(store.root, repository);
    expect(runs.get(id('d'))).toMatchObject({ verdict: 'missing', runName: 'new' });
    expect(runs.get('mine')).toMatchObject({ verdict: 'extra', runName: 'by hand' });
    expect(runs.get('mine')?.isUnexpected).toBeUndefined();
  });

  test('a run without its database, and one whose table is damaged', async () => {
    const { root } = exampleStore();
    const repository = await converted(root);
    rmSync(repository.meta(id('b')), { recursive: true });
    const runs = await verdicts(root, repository);
    expect(runs.get(id('b'))).toMatchObject({ verdict: 'differs', findings: [{ code: 'row-without-database' }] });
  });

  test('points that a person has appended in MLflow to a run that has ended', async () => {
    const store = exampleStore();
    const repository = await converted(store.root);
    appendFileSync(join(store.root, '1', id('b'), 'metrics', 'loss'), '1700000099999 0.5 77\n');
    const run = (await verdicts(store.root, repository)).get(id('b'));
    expect(run?.verdict).toBe('differs');
    expect(wrong([run!])).toEqual(['point-missing loss 77: 0.5 → undefined']);
  });
});

describe('an active run', () => {
  const now = Date.now();
  const active = (store: ReturnType<typeof newStore>) => {
    store.experiment({ id: '1', name: 'live' });
    store.run('1', {
      runId: id('1'),
      status: 1,
      startTime: now,
      endTime: null,
      metrics: { loss: series(5).map((point) => ({ ...point, timestamp: now })) },
    });
    return join(store.root, '1', id('1'));
  };

  test('is behind by what was added in MLflow since', async () => {
    const store = newStore();
    const directory = active(store);
    const repository = await converted(store.root, undefined, { now });
    appendFileSync(join(directory, 'metrics', 'loss'), `${now} 0.5 5\n${now} 0.25 6\n`);
    mkdirSync(join(directory, 'params'), { recursive: true });
    appendFileSync(join(directory, 'params', 'late'), '1');
    expect((await verdicts(store.root, repository)).get(id('1'))).toMatchObject({ verdict: 'behind', pointsBehind: 2 });
  });

  test('differs all the same where MLflow has not changed', async () => {
    const store = newStore();
    active(store);
    const repository = await converted(store.root, undefined, { now });
    inAim(repository, "UPDATE run SET description = 'planted'");
    expect((await verdicts(store.root, repository)).get(id('1'))?.verdict).toBe('changed-in-aim');
  });
});

describe('what a person did in Aim is no fault', () => {
  test.each([
    ['a name', "UPDATE run SET name = 'mine'", 'property-differs'],
    ['archived', 'UPDATE run SET is_archived = 1', 'property-differs'],
    ['a label removed', 'DELETE FROM run_tag', 'label-missing'],
    [
      'a label added',
      "INSERT INTO tag (name) VALUES ('best'); INSERT INTO run_tag SELECT run.id, tag.id FROM run, tag WHERE tag.name = 'best'",
      'label-extra',
    ],
    ['a note', "INSERT INTO note (content, run_id) SELECT 'look', id FROM run", 'note-extra'],
  ])('%s', async (_, sql, code) => {
    const { root } = exampleStore();
    const repository = await converted(root);
    inAim(repository, sql);
    const run = (await verdicts(root, repository)).get(id('b'));
    expect(run).toMatchObject({ verdict: 'changed-in-aim', differences: [{ code, cause: 'changed-in-aim' }] });
  });

  test('a run removed', async () => {
    const { root } = exampleStore();
    const repository = await converted(root);
    inAim(repository, `DELETE FROM run WHERE hash = '${id('b')}'`);
    expect((await verdicts(root, repository)).get(id('b'))?.verdict).toBe('changed-in-aim');
  });
});

test('of a sample the same runs are compared each time', async () => {
  const store = newStore();
  store.experiment({ id: '1', name: 'many' });
  for (let i = 0; i < 40; i++) store.run('1', { runId: id(i.toString(16)) });
  const repository = await converted(store.root);
  const sampled = async (sample: number) => [...(await verdicts(store.root, repository, { sample })).keys()].sort();
  const [some, again, more] = [await sampled(0.2), await sampled(0.2), await sampled(0.5)];
  expect(some.length).toBeGreaterThan(1);
  expect(some.length).toBeLessThan(25);
  expect(again).toEqual(some);
  expect(more).toEqual(expect.arrayContaining(some));
});

test('a verification leaves nothing behind, and changes nothing', async () => {
  const { root } = exampleStore();
  const repository = await converted(root);
  await verdicts(root, repository);
  expect(existsSync(join(repository.path, 'mlflow2aim.verified'))).toBe(false);
});

describe('how much is read', () => {
  const RUN = id('a');
  const loss = (root: string) => join(root, '1', RUN, 'metrics', 'loss');

  test.each(['auto', 'last', 'split', 'index'] as const)(
    'quick: how many points a metric has, and the last; %s',
    async (repeatedSteps) => {
      const { root } = exampleStore();
      const repository = await converted(root, undefined, { mapping: { ...DEFAULT_MAPPING, repeatedSteps } });
      const quick = async () => wrong((await verdicts(root, repository, { depth: 'quick' })).values());
      expect(await quick()).toEqual([]);
      const lines = readFileSync(loss(root), 'utf8').trimEnd().split('\n');
      // what only the history tells
      writeFileSync(loss(root), [lines[0]!.replace(/^(\d+) \S+/, '$1 777'), ...lines.slice(1), ''].join('\n'));
      expect(await quick()).toEqual([]);
      writeFileSync(loss(root), [...lines.slice(0, -1), lines.at(-1)!.replace(/^(\d+) \S+/, '$1 777'), ''].join('\n'));
      expect(await quick()).toEqual([expect.stringContaining('value-differs loss')]);
      writeFileSync(loss(root), [...lines.slice(1), ''].join('\n'));
      expect((await quick()).length).toBeGreaterThan(0);
      writeFileSync(loss(root), [...lines, `${lines.at(-1)!.split(' ')[0]} 0.5 777`, ''].join('\n'));
      expect(await quick()).toEqual([expect.stringContaining('point-missing loss')]);
    },
  );

  test('quick: row, attributes, and which metrics there are', async () => {
    const { root } = exampleStore();
    const repository = await converted(root);
    rmSync(join(root, '1', RUN, 'params', 'lr'));
    expect(wrong((await verdicts(root, repository, { depth: 'quick' })).values())).toEqual([
      'attribute-extra params.lr: undefined → 0.01',
    ]);
    rmSync(loss(root));
    expect(wrong((await verdicts(root, repository, { depth: 'quick' })).values())).toContain(
      'metric-extra loss: undefined → 100 points',
    );
  });

  test('files: those that stay in MLflow, too', async () => {
    const { root } = exampleStore();
    const repository = await converted(root);
    const model = join(root, '1', RUN, 'artifacts', 'model', 'model.pkl');
    expect((await verdicts(root, repository, { depth: 'files' })).get(RUN)).toMatchObject({
      verdict: 'expected',
      unread: [],
    });
    rmSync(model);
    mkdirSync(model);
    const run = (await verdicts(root, repository, { depth: 'files' })).get(RUN);
    expect(run?.verdict).not.toBe('equal');
  });
});

test.each(['archive', 'keep'] as const)(
  'a run that MLflow has deleted since, by the policy %s, is as it has to be',
  async (deleted) => {
    const store = exampleStore();
    const repository = await converted(store.root);
    const file = join(store.root, '1', id('b'), 'meta.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('lifecycle_stage: active', 'lifecycle_stage: deleted'));
    expect((await verdicts(store.root, repository)).get(id('b'))?.verdict).toBe('differs');
    const opened = openStore(store.root);
    await convertOnce(opened, repository, {}, { deleted });
    await opened.close();
    const runs = await verdicts(store.root, repository);
    expect(wrong(runs.values())).toEqual([]);
    expect(runs.get(id('b'))?.verdict).toBe('equal');
  },
);

test('one that is broken off goes on where it was, and looks again at what has changed since', async () => {
  const store = newStore();
  store.experiment({ id: '1', name: 'many' });
  const ids = Array.from({ length: 8 }, (_, i) => id(i.toString(16)));
  for (const runId of ids) store.run('1', { runId, metrics: { loss: series(3) } });
  const repository = await converted(store.root);
  const file = join(repository.path, 'mlflow2aim.verified');
  const stop = new AbortController();
  const events = new VerifyEvents();
  const first: string[] = [];
  events.on('run', ({ hash }) => {
    first.push(hash);
    if (first.length === 3) stop.abort();
  });
  const options = { trackingUri: store.root, repo: join(repository.path, '..'), inProcess: true, concurrency: 1 };
  await expect(verify(options, events, stop.signal)).rejects.toThrow('aborted');
  expect(existsSync(file)).toBe(true);

  rewrite(repository.seqs(first[0]!), (records) => {
    const key = [...records.keys()].find((name) => name.includes('val') && records.get(name)?.[0] === 3)!;
    records.set(key, Buffer.from(records.get(key)!.map((byte, i) => (i === 1 ? byte ^ 1 : byte))));
  });
  const runs = await verdicts(store.root, repository);
  expect([...runs.keys()].sort()).toEqual([...ids].sort());
  expect([...runs].filter(([, { verdict }]) => verdict !== 'equal').map(([run]) => run)).toEqual([first[0]]);
  expect([...runs.values()].every(({ compared }) => compared.points === 3)).toBe(true);
  expect(existsSync(file)).toBe(false);
});

test('a quick look says what it has not looked at', async () => {
  const { root } = exampleStore();
  const repository = await converted(root);
  const events = new VerifyEvents();
  const started: unknown[] = [];
  events.on('start', (start) => void started.push(start));
  const repo = join(repository.path, '..');
  const { totals } = new TotalsCounter(events);
  await verify({ trackingUri: root, repo, inProcess: true, depth: 'quick' }, events);
  expect(started).toEqual([expect.objectContaining({ isQuick: true })]);
  expect(outcomeLine(outcomeOf(totals), totals, 'headers')).toContain('were not compared');
});

test('the last sentence says what is not as in MLflow, and need not be', () => {
  const totals = new TotalsCounter(new VerifyEvents()).totals;
  const totalsWith = (runs: Partial<typeof totals.runs>) => ({ ...totals, runs: { ...totals.runs, ...runs } });
  expect(outcomeLine('as-expected', totals, 'comparison')).toBe('Aim holds what MLflow has.');
  expect(outcomeLine('as-expected', totalsWith({ 'changed-in-aim': 2, behind: 1 }), 'comparison')).toBe(
    'Aim holds what MLflow has, but for what was changed in Aim in 2 runs and what 1 active run got since.',
  );
});
