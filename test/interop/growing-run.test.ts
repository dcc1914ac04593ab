import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { readVersion, tableName } from '../../src/rocksdb/database.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { ConversionSession } from '../support/conversions.js';
import { FileStoreBuilder, metricLine } from '../support/file-store-builder.js';
import { convert, outcomes, scratch } from './harness.js';
import { python } from './python.js';
import { complaints, digests } from './rocks.js';

const RUN = '5'.repeat(32);
const PASSES = 40;

/** A run that is being trained: some points of each metric more each time, now and then something else. */
class Training {
  readonly store = new FileStoreBuilder();
  readonly start = Date.now() - 60_000;
  private step = 0;

  constructor() {
    this.store.experiment({ id: '1', name: 'mnist' });
    this.header(1);
    this.points(2000);
  }

  header(status: number): void {
    this.store.run('1', {
      runId: RUN,
      name: 'growing',
      status,
      startTime: this.start,
      endTime: status === 1 ? null : this.start + 50_000,
      artifacts: { 'notes.txt': 'as it was at the start', 'model.pkl': 'x' },
    });
  }

  /** An image of a history, as `log_image` names it, and a text. */
  artifacts(step: number): void {
    mkdirSync(this.file('artifacts', 'images'), { recursive: true });
    const name = `samples+step+${step}+timestamp+${this.start + step}+0f9a6d2c-3b1e-4c5d-8e7f-0123456789ab.png`;
    writeFileSync(this.file('artifacts', 'images', name), sampleImage(step % 2 === 0 ? 'png RGB' : 'png RGBA'));
    writeFileSync(this.file('artifacts', `epoch-${step}.txt`), `epoch ${step}`);
  }

  file(...names: string[]): string {
    return join(this.store.root, '1', RUN, ...names);
  }

  points(count: number): void {
    const lines: string[] = [];
    for (let i = 0; i < count; i++, this.step++) {
      lines.push(
        metricLine({ timestamp: this.start + this.step, value: Math.sin(this.step), step: BigInt(this.step) }),
      );
    }
    for (const metric of ['loss', 'accuracy', 'lr']) appendFileSync(this.file('metrics', metric), lines.join(''));
    appendFileSync(this.file('metrics', 'unnumbered'), metricLine({ timestamp: this.start, value: 1, step: 0n }));
  }

  databases(repo: string): string[] {
    return ['meta', 'seqs'].map((kind) => join(repo, '.aim', kind, 'chunks', RUN));
  }
}

test("a run that grows is sound and whole after each pass, for RocksDB's tools and for Aim's RocksDB", async () => {
  const training = new Training();
  const repo = await scratch();
  try {
    await convert(training.store.root, repo);
    const [meta = '', seqs = ''] = training.databases(repo);
    const base = readVersion(seqs).files;
    let most = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      training.points(20);
      if (pass % 7 === 3) writeFileSync(training.file('params', `p${pass}`), String(pass));
      if (pass % 7 === 5) writeFileSync(training.file('tags', 'phase'), `phase ${pass}`);
      const isEpoch = pass % 3 === 1;
      if (isEpoch) training.artifacts(pass);
      const report = await convert(training.store.root, repo);
      expect(outcomes(report)).toEqual({ updated: 1 });
      // what was there was neither read nor written again
      expect(report.runs[0]?.counts.points).toBe(61);
      const [image, text] = isEpoch ? [1, 1] : [0, 0];
      expect(report.runs[0]?.counts.artifacts).toEqual({ image, text, audio: 0, figure: 0 });
      for (const file of base) expect(readVersion(seqs).files).toContainEqual(file);
      for (const database of [meta, seqs]) {
        const layers = readVersion(database).files.filter(({ level }) => level === 0).length;
        most = Math.max(most, layers);
        expect(layers).toBeLessThanOrEqual(8);
      }
      if (pass % 5 === 0 || pass > PASSES - 4) {
        expect((await Promise.all([meta, seqs].map(complaints))).flat()).toEqual([]);
        const fresh = await scratch();
        await convert(training.store.root, fresh);
        expect(await digests(repo)).toEqual(await digests(fresh));
      }
    }
    expect(most).toBe(8);

    const copies = await scratch();
    for (const kind of ['meta', 'seqs']) {
      await cp(join(repo, '.aim', kind, 'chunks', RUN), join(copies, kind), { recursive: true });
    }
    const changes = await python(['compact_rocks.py', join(copies, 'meta'), join(copies, 'seqs')]);
    expect(JSON.parse(changes)).toEqual([]);
  } finally {
    training.store.remove();
  }
});

test('a run that has grown and ended lies there as if it had been converted once', async () => {
  const training = new Training();
  const [repo, fresh] = [await scratch(), await scratch()];
  try {
    await convert(training.store.root, repo);
    for (let pass = 0; pass < 3; pass++) {
      training.points(5);
      await convert(training.store.root, repo);
    }
    training.header(3);
    expect(outcomes(await convert(training.store.root, repo))).toEqual({ updated: 1 });
    await convert(training.store.root, fresh);
    const [ours, theirs] = [repo, fresh].map((each) =>
      training.databases(each).map((database) => {
        const { files } = readVersion(database);
        return files.map(({ number, level }) => ({ level, bytes: readFileSync(join(database, tableName(number))) }));
      }),
    );
    expect(ours).toEqual(theirs);
  } finally {
    training.store.remove();
  }
});

test('Aim, opening a run again and again while it grows, always finds it whole', async () => {
  const SECONDS = 15;
  const training = new Training();
  const repo = await scratch();
  try {
    const choices = { brief: true, now: Date.now() };
    const session = new ConversionSession(new FileStore(training.store.root), Repository.open(repo), {}, choices);
    const warnings = [...(await session.pass()).warnings];
    const [meta = '', seqs = ''] = training.databases(repo);
    let watching = true;
    const watched = python(['watch_rocks.py', meta, seqs, String(SECONDS)]).finally(() => {
      watching = false;
    });
    let [passes, grown] = [0, 0];
    while (watching) {
      training.points(10);
      const { results, warnings: more } = await session.pass();
      const [result] = results;
      warnings.push(...more);
      passes++;
      if (result?.staged?.files?.appendsTo !== undefined) grown++;
      await immediate();
    }
    await session.settle();
    await session.close();
    const { looks, problems } = JSON.parse(await watched) as { looks: number; problems: string[] };
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(looks).toBeGreaterThan(10);
    // files have been merged meanwhile, and those they replaced removed
    expect([passes > 50, grown]).toEqual([true, passes]);
    const fresh = await scratch();
    await convert(training.store.root, fresh);
    expect(await digests(repo)).toEqual(await digests(fresh));
  } finally {
    training.store.remove();
  }
});
