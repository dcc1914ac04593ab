import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type ConvertedRun, runPipeline, type Stages } from '../../src/pipeline.js';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import type { CheckedRun } from '../../src/state/known-runs.js';

const CHECKS_AT_ONCE = 2;
const RUNS_AT_ONCE = 3;

/** What is under way in a pipeline at most: `pipeline.ts` lists 16 runs ahead and checks them in batches of at most 128. */
const MOST_UNDER_WAY = 16 + (CHECKS_AT_ONCE + 2) * 128 + 2 * RUNS_AT_ONCE;

/** Stages that do nothing, and count; what is given replaces them. */
class Counted implements Stages {
  readonly checksAtOnce = CHECKS_AT_ONCE;
  readonly runsAtOnce = RUNS_AT_ONCE;
  listedAhead = 16;
  listed = 0;
  converted = 0;
  published = 0;
  isListingClosed = false;
  atOnce = { check: 0, convert: 0, publish: 0 };
  most = { check: 0, convert: 0, publish: 0 };

  constructor(private readonly given: Partial<Pick<Stages, 'convert' | 'publish'>> = {}) {}

  async *runs(count: number): AsyncGenerator<EnumeratedRun> {
    try {
      for (let i = 0; i < count; i++) {
        this.listed++;
        yield { experiment: { id: '1', name: 'e' }, ref: { runId: `run${i}` } } as EnumeratedRun;
      }
    } finally {
      this.isListingClosed = true;
    }
  }

  check(batch: readonly EnumeratedRun[]): Promise<CheckedRun[]> {
    return this.#counted('check', async () => batch.map((run) => ({ ...run, isUpToDate: false }) as CheckedRun));
  }

  convert(run: CheckedRun): Promise<ConvertedRun> {
    this.converted++;
    return this.#counted(
      'convert',
      async () => (await this.given.convert?.(run)) ?? ({ task: run } as unknown as ConvertedRun),
    );
  }

  publish(run: ConvertedRun): Promise<void> {
    return this.#counted('publish', async () => {
      await this.given.publish?.(run);
      this.published++;
    });
  }

  async #counted<T>(stage: keyof typeof this.atOnce, work: () => Promise<T>): Promise<T> {
    this.most[stage] = Math.max(this.most[stage], ++this.atOnce[stage]);
    try {
      await setImmediate();
      return await work();
    } finally {
      this.atOnce[stage]--;
    }
  }
}

/** Resolves when nothing has been listed for a hundred turns of the event loop and longer than a batch waits for more. */
async function standsStill(stages: Counted): Promise<void> {
  for (let turns = 0, seen = -1, since = performance.now(); turns < 100 || performance.now() - since < 100; turns++) {
    if (seen !== stages.listed) {
      [seen, since, turns] = [stages.listed, performance.now(), 0];
    }
    await setImmediate();
  }
}

describe('the pipeline', () => {
  test('takes every run through all stages, with as many at once as each allows', async () => {
    const stages = new Counted();
    await runPipeline(stages.runs(1000), stages);
    expect(stages).toMatchObject({ listed: 1000, converted: 1000, published: 1000, isListingClosed: true });
    expect(stages.most).toEqual({ check: expect.any(Number), convert: RUNS_AT_ONCE, publish: 1 });
    expect(stages.most.check).toBeLessThanOrEqual(CHECKS_AT_ONCE);
  });

  test('lists so many runs ahead as the stages say, while the first are being converted', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const stages = new Counted({ convert: (run) => gate.then(() => ({ task: run }) as unknown as ConvertedRun) });
    stages.listedAhead = 5_000;
    const running = runPipeline(stages.runs(20_000), stages);
    await standsStill(stages);
    expect(stages.listed).toBeGreaterThan(5_000);
    expect(stages.listed).toBeLessThanOrEqual(5_000 + MOST_UNDER_WAY);
    open();
    await running;
    expect(stages.published).toBe(20_000);
  });

  test('lists no more runs while the publisher takes none', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const stages = new Counted({ publish: () => gate });
    const done = runPipeline(stages.runs(10_000), stages);
    await standsStill(stages);
    expect(stages.listed).toBeLessThanOrEqual(MOST_UNDER_WAY);
    expect(stages.converted).toBeLessThanOrEqual(2 * RUNS_AT_ONCE + 1);
    open();
    await done;
    expect(stages.published).toBe(10_000);
  });

  test.each<['convert' | 'publish']>([['convert'], ['publish']])(
    'rejects with the reason of a %s that rejects, and closes the listing',
    async (stage) => {
      const reason = new Error('aborted');
      let calls = 0;
      const fails = async () => {
        if (++calls === 10) throw reason;
        return undefined as never;
      };
      const stages = new Counted({ [stage]: fails });
      await expect(runPipeline(stages.runs(10_000), stages)).rejects.toBe(reason);
      await standsStill(stages);
      expect(stages.isListingClosed).toBe(true);
      expect(stages.listed).toBeLessThanOrEqual(MOST_UNDER_WAY);
    },
  );

  test('rejects with what the listing rejects with', async () => {
    const reason = new Error('gone');
    const stages = new Counted();
    async function* runs() {
      yield* stages.runs(5);
      throw reason;
    }
    await expect(runPipeline(runs(), stages)).rejects.toBe(reason);
  });
});
