import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { openStore } from '../../src/mlflow/open-store.js';
import type { RunRef, StageContext } from '../../src/model.js';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { tree } from './files.js';
import { convert, PROJECT, scratch } from './harness.js';
import { python } from './python.js';

/** What the MLflow that made the database read from it; see databases/make_database.py. */
interface Reading {
  readonly experiments: readonly { id: string; name: string; stage: string; tags: Record<string, string> }[];
  readonly runs: readonly RunReading[];
}

interface RunReading {
  readonly id: string;
  readonly experiment: string;
  readonly name: string | null;
  readonly status: string;
  readonly stage: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly params: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly metrics: Record<string, [timestamp: number, step: string, value: string][]>;
  readonly datasets: [name: string, digest: string][];
}

const { signal } = new AbortController();
const context: StageContext = { signal, notice: () => undefined };

describe.each(['1.30.1', '2.9.2', '2.22.1'])('a SQLite database of MLflow %s', (version) => {
  test('reads as that MLflow read it, and stays as it is', async () => {
    const directory = await copy(version);
    const before = await tree(directory);
    const expected = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8')) as Reading;
    const store = openStore(`sqlite:///${join(directory, 'mlflow.db')}`);
    const experiments = [];
    const runs = [];
    for await (const experiment of store.experiments(signal)) {
      const { id, name, lifecycleStage: stage, tags } = experiment;
      experiments.push({ id, name, stage, tags: Object.fromEntries(tags) });
      for await (const ref of store.runs(experiment, signal)) runs.push(await reading(store, ref));
    }
    await store.close();
    expect(experiments).toEqual(expected.experiments.map((each) => expect.objectContaining(each)));
    expect(runs.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(expected.runs.map(asRead));
    expect(await tree(directory)).toEqual(before);
  });

  test("becomes in Aim what today's MLflow says of it, once it has upgraded it", async () => {
    const directory = await copy(version);
    const source = `sqlite:///${join(directory, 'mlflow.db')}`;
    const repo = await scratch();
    await convert(source, repo, ['--include-deleted', '--no-artifacts']);
    await python(['-c', 'import sys; from mlflow.cli import cli; cli(["db", "upgrade", sys.argv[1]])', source]);
    const [expected, read] = [await expectedRuns(source, ['--include-deleted', '--no-artifacts']), await readAim(repo)];
    expect(some(differences(expected, read.runs))).toBe('');
    expect(read.indexProblems).toEqual([]);
  });

  test('has its files beside it, wherever it was made', async () => {
    const repo = await scratch();
    const report = await convert(`sqlite:///${join(await copy(version), 'mlflow.db')}`, repo);
    const full = report.runs.find(({ runName }) => runName === 'full');
    expect(full?.counts.artifacts.text).toBe(1);
    expect(full?.notices.map(({ kind }) => kind)).not.toContain('artifacts-unreachable');
  });
});

async function copy(version: string): Promise<string> {
  const directory = await scratch();
  await cp(join(PROJECT, 'test/interop/databases', version), directory, { recursive: true });
  return directory;
}

async function reading(store: TrackingStore, ref: RunRef): Promise<RunReading> {
  const run = await store.run(ref, context);
  const metrics: RunReading['metrics'] = {};
  for (const key of await store.metricKeys(ref, context)) {
    const points: RunReading['metrics'][string] = [];
    for await (const { steps, values, timestamps } of store.history(ref, key, context)) {
      steps.forEach((step, at) => {
        points.push([timestamps[at] ?? 0, String(step), String(values[at])]);
      });
    }
    metrics[key] = points;
  }
  return {
    id: run.id,
    experiment: run.experimentId,
    name: run.name ?? null,
    status: run.status,
    stage: run.lifecycleStage,
    start: run.startTime ?? null,
    end: run.endTime ?? null,
    params: Object.fromEntries(run.params),
    tags: Object.fromEntries(run.tags),
    metrics,
    datasets: run.datasets.map(({ name, digest }) => [name, digest]),
  };
}

/** Values as JavaScript writes them; of databases, MLflow reads infinity as the largest double. */
function asRead(run: RunReading): RunReading {
  const numbers: Readonly<Record<string, number>> = { nan: Number.NaN, '1.7976931348623157e+308': Infinity };
  const value = (text: string): string =>
    String(numbers[text] ?? (text === '-1.7976931348623157e+308' ? -Infinity : Number(text)));
  const metrics = Object.fromEntries(
    Object.entries(run.metrics).map(([key, points]) => [
      key,
      points.map(([timestamp, step, text]): [number, string, string] => [timestamp, step, value(text)]),
    ]),
  );
  return { ...run, metrics };
}
