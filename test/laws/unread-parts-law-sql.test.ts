import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { ConvertError } from '../../src/errors.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { unreadableField } from '../../src/mlflow/local/skippable.js';
import { openStore } from '../../src/mlflow/open-store.js';
import type { Run, RunPart, StageContext } from '../../src/model.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { heldOf } from '../support/held-run.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';
import { expectKept, expectWhole } from '../support/unread-parts-law.js';

/** The law of docs/mapping.md for a database: its tables, of which a user may not read one, and the artifacts beside it. */

/** Where Aim has the tag that changes. */
const TEAM = ['attribute tags team', 'attribute mlflow user_tags team'];

const POINTS = [1, 2, 3].map((i) => ({ timestamp: NOW - 1000 + i, value: i / 3, step: BigInt(i) }));

class Scene {
  readonly builder = new SqliteStoreBuilder();
  readonly repository = temporaryDirectory();

  constructor(status: string) {
    this.builder.experiment({ id: 1, name: 'mnist' });
    this.builder.run(1, {
      runId: 'a',
      name: 'owl',
      status,
      startTime: NOW - 10_000,
      endTime: status === 'RUNNING' ? null : NOW - 500,
      params: { lr: '0.01', text: "'1'" },
      tags: { team: 'red', 'mlflow.note.content': '# Why', 'mlflow.user': 'eve' },
      metrics: { loss: POINTS, 'val/acc': POINTS, 'system/cpu_utilization_percentage': POINTS },
      artifacts: { 'a.txt': 'text', 'sub/b.txt': 'deep', 'model.bin': 'bytes' },
      datasets: [{ id: 'd1', name: 'digits', digest: '1', context: 'train' }],
      models: [{ id: 'm1', name: 'net', step: 3, params: { depth: '2' } }],
    });
  }

  /** With a part of which nothing can be read, as a database tells of a table that one may not read. */
  async convert(refused?: RunPart, into = this.repository) {
    const store = openStore(this.builder.uri);
    try {
      const source = refused === undefined ? store : withoutPart(store, refused);
      return (await convertOnce(source, Repository.open(into))).results[0]!;
    } finally {
      await store.close();
    }
  }

  tag(value: string): void {
    this.builder.database.prepare("UPDATE tags SET value = ? WHERE key = 'team'").run(value);
    this.builder.database.prepare("INSERT OR REPLACE INTO params VALUES ('new', ?, 'a')").run(value);
  }

  async expectWhole(): Promise<void> {
    await expectWhole(this.repository, (fresh) => this.convert(undefined, fresh));
  }
}

const EMPTY: Partial<Record<RunPart, Partial<Run>>> = {
  params: { params: new Map() },
  tags: { tags: new Map() },
  datasets: { datasets: [] },
  models: { models: [] },
};

function withoutPart(store: TrackingStore, part: RunPart): TrackingStore {
  const tell = ({ notice }: StageContext) =>
    notice(
      unreadableField(part, 'the database', new ConvertError('skip-item', 'unexpected', 'permission denied'), { part }),
    );
  return new Proxy(store, {
    get(target, name: keyof TrackingStore) {
      if (name === 'run' && EMPTY[part] !== undefined) {
        return async (...[ref, context]: Parameters<TrackingStore['run']>) => {
          const run = await target.run(ref, context);
          tell(context);
          return { ...run, ...EMPTY[part] };
        };
      }
      if (name === 'metricKeys' && part === 'metrics') {
        return async (...[, context]: Parameters<TrackingStore['metricKeys']>) => {
          tell(context);
          return [];
        };
      }
      if (name === 'changesSince' && part === 'metrics') return undefined;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const STATUSES = ['FINISHED', 'RUNNING'];

test.each(
  STATUSES.flatMap((status) => Object.keys({ ...EMPTY, metrics: 1 }).map((part) => [status, part as RunPart] as const)),
)('of a run that is %s, %s that may not be read stay', async (status, part) => {
  const scene = new Scene(status);
  try {
    await scene.convert();
    const before = heldOf(scene.repository, 'a');
    scene.tag('blue');
    const { report } = await scene.convert(part);
    expect(report).toMatchObject({ outcome: 'updated', incomplete: [{ part }] });
    const held = heldOf(scene.repository, 'a');
    if (part !== 'tags') {
      expect(held.get('attribute tags team')).toBe('"blue"');
      for (const key of TEAM) before.delete(key);
    }
    if (part !== 'params') expect(held.get('attribute params new')).toBe('"blue"');
    expectKept(before, held);
    scene.tag('green');
    await scene.convert();
    await scene.expectWhole();
  } finally {
    scene.builder.remove();
  }
});

test.each(
  STATUSES.flatMap((status) =>
    ['away', 'emptied', 'link to itself', 'one file', 'a directory'].map((how) => [status, how] as const),
  ),
)('of a run that is %s, artifacts that are not there stay (%s)', async (status, how) => {
  const scene = new Scene(status);
  const root = join(scene.builder.directory, 'mlruns', '1', 'a', 'artifacts');
  const aside = join(scene.builder.directory, 'aside');
  const path = { 'one file': join(root, 'a.txt'), 'a directory': join(root, 'sub') }[how] ?? root;
  try {
    await scene.convert();
    const before = heldOf(scene.repository, 'a');
    renameSync(path, aside);
    if (how === 'emptied') mkdirSync(path);
    else if (how !== 'away') symlinkSync(path, path);
    scene.tag('blue');
    const { report } = await scene.convert();
    expect(report).toMatchObject({ outcome: 'updated', incomplete: [{ part: 'artifacts' }] });
    const held = heldOf(scene.repository, 'a');
    expect(held.get('attribute tags team')).toBe('"blue"');
    for (const key of TEAM) before.delete(key);
    expectKept(before, held);
    rmSync(path, { recursive: true, force: true });
    renameSync(aside, path);
    scene.tag('green');
    await scene.convert();
    await scene.expectWhole();
  } finally {
    scene.builder.remove();
  }
});

test('rows of a table that may be read, and are gone, are gone', async () => {
  const scene = new Scene('FINISHED');
  try {
    await scene.convert();
    scene.builder.database.exec(
      'DELETE FROM params; DELETE FROM tags; DELETE FROM metrics; DELETE FROM latest_metrics',
    );
    const { report } = await scene.convert();
    expect([report.outcome, report.incomplete]).toEqual(['updated', undefined]);
    await scene.expectWhole();
  } finally {
    scene.builder.remove();
  }
});

test('the history of a metric stays when MLflow has only its latest value', async () => {
  const scene = new Scene('FINISHED');
  try {
    await scene.convert();
    const before = heldOf(scene.repository, 'a');
    scene.builder.database.exec("DELETE FROM metrics WHERE key = 'loss'");
    scene.tag('blue');
    await scene.convert();
    const held = heldOf(scene.repository, 'a');
    expectKept(before, held, (key) => !key.startsWith('metric '));
  } finally {
    scene.builder.remove();
  }
});
