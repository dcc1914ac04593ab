import { describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { Experiment, RunRef } from '../../src/model.js';
import { enumerateRuns } from '../../src/stages/enumerate-runs.js';
import { collect } from '../contract/tracking-store.js';
import { makeExperiment } from '../mapping/fixtures.js';

const never = new AbortController().signal;
const experiment = (id: string, name = `name ${id}`): Experiment => makeExperiment({ id, name });
const refOf = (experimentId: string, runId: string): RunRef => ({ runId, experimentId, locator: '' });

/** A source that notes what is asked of it; only listings are. */
class Listing {
  readonly asked: string[] = [];

  constructor(private readonly contents: ReadonlyMap<Experiment, readonly string[]>) {}

  async *experiments(): AsyncGenerator<Experiment> {
    yield* this.contents.keys();
  }

  async *runs(one: Experiment): AsyncGenerator<RunRef> {
    this.asked.push(one.id);
    for (const runId of this.contents.get(one)!) yield refOf(one.id, runId);
  }

  get store(): TrackingStore {
    return this as unknown as TrackingStore;
  }
}

const [one, two, empty] = [experiment('1'), experiment('2'), experiment('3')];
const listing = () =>
  new Listing(
    new Map([
      [one, ['a', 'b']],
      [empty, []],
      [two, ['c']],
    ]),
  );

describe('enumerating runs', () => {
  test('gives each with its experiment, in order, and tells how many each experiment has', async () => {
    const source = listing();
    const told: [string, number][] = [];
    const runs = enumerateRuns(source.store, [one, empty, two], ({ id }, count) => told.push([id, count]), never);
    const found = await collect(runs);
    expect(found).toEqual([
      { experiment: one, ref: refOf('1', 'a') },
      { experiment: one, ref: refOf('1', 'b') },
      { experiment: two, ref: refOf('2', 'c') },
    ]);
    expect(told).toEqual([
      ['1', 2],
      ['3', 0],
      ['2', 1],
    ]);
  });

  test('lists an experiment when its runs are asked for, and not before', async () => {
    const source = listing();
    const runs = enumerateRuns(source.store, [one, two], () => {}, never);
    expect(source.asked).toEqual([]);
    await runs.next();
    await runs.next();
    expect(source.asked).toEqual(['1']);
    await runs.next();
    expect(source.asked).toEqual(['1', '2']);
  });

  test('ends with the reason when it is aborted', async () => {
    const controller = new AbortController();
    const runs = enumerateRuns(listing().store, [one, two], () => {}, controller.signal);
    await runs.next();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(runs.next()).rejects.toBe(reason);
    expect((await runs.next()).done).toBe(true);
  });

  test('ends with the reason when it is aborted while a source lists without end, which is closed', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = listing();
    let isOpen = false;
    source.runs = async function* () {
      isOpen = true;
      try {
        for (let i = 0; ; i++) {
          if (i === 5) controller.abort(reason);
          yield refOf('1', `run${i}`);
        }
      } finally {
        isOpen = false;
      }
    };
    await expect(enumerateRuns(source.store, [one], () => {}, controller.signal).next()).rejects.toBe(reason);
    expect(isOpen).toBe(false);
  });

  test('passes on that an experiment cannot be listed', async () => {
    const source = listing();
    const failure = new ConvertError('fatal', 'unexpected', 'No.');
    source.runs = async function* () {
      yield refOf('1', 'a');
      throw failure;
    };
    await expect(enumerateRuns(source.store, [one], () => {}, never).next()).rejects.toBe(failure);
  });
});
