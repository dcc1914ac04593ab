import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import {
  classifyArtifacts,
  DEFAULT_ARTIFACTS,
  enumerateRuns,
  fetchHistories,
  listExperiments,
  openStore,
  type RunSink,
  type StageContext,
  writeBatches,
} from '../../src/index.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));

/** Takes its time, and notes whether it is called before it is ready. */
class SlowSink implements RunSink<string> {
  written = 0;
  files = 0;
  links = 0;
  readonly ends: string[] = [];
  abandoned = 0;
  #isBusy = false;

  points(_: unknown, { steps }: { readonly steps: BigInt64Array }): Promise<void> {
    this.written += steps.length;
    return this.#beBusy();
  }

  endMetrics(): Promise<void> {
    return this.#beBusy();
  }

  artifact({ type }: { readonly type: 'artifact' | 'link' }): Promise<void> {
    if (type === 'link') this.links++;
    else this.files++;
    return this.#beBusy();
  }

  async finish(end: string): Promise<number> {
    this.ends.push(end);
    await this.#beBusy();
    return 1;
  }

  async abandon(): Promise<void> {
    this.abandoned++;
  }

  async #beBusy(): Promise<void> {
    if (this.#isBusy) throw new Error('A call came before the one before had ended.');
    this.#isBusy = true;
    await nextTurn();
    this.#isBusy = false;
  }
}

test('the stages, put together by a program, bring a source of MLflow into a sink of its own', async () => {
  const { signal } = new AbortController();
  const context: StageContext = { signal, notice: () => {} };
  const store = openStore(EXAMPLE);
  const sink = new SlowSink();
  let bytes = 0;
  for await (const { ref } of enumerateRuns(store, await listExperiments(store, signal), () => {}, signal)) {
    const run = await store.run(ref, context);
    const histories = fetchHistories(store, ref, context, { startTime: run.startTime });
    const artifacts = classifyArtifacts(store, { ref, run }, DEFAULT_ARTIFACTS, context);
    const parts = { histories, artifacts, artifactTime: () => 0, end: () => ref.runId };
    bytes += await writeBatches(sink, parts, context);
  }
  await store.close();
  expect({ bytes, points: sink.written, files: sink.files, links: sink.links, abandoned: sink.abandoned }).toEqual({
    bytes: 13,
    points: 953,
    files: 31,
    links: 3,
    abandoned: 0,
  });
  expect(new Set(sink.ends).size).toBe(13);
});

test('a sink that fails is asked to abandon the run, and what is read is closed', async () => {
  const sink = new SlowSink();
  sink.endMetrics = () => Promise.reject(new Error('The disk is full.'));
  let isOpen = false;
  const nothing = async function* () {
    isOpen = true;
    try {
      yield* [];
    } finally {
      isOpen = false;
    }
  };
  const parts = { histories: nothing(), artifacts: nothing(), artifactTime: () => 0, end: () => '' };
  await expect(writeBatches(sink, parts, { signal: new AbortController().signal })).rejects.toThrow(
    'The disk is full.',
  );
  expect([sink.abandoned, isOpen]).toEqual([1, false]);
});
