import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { ConvertEvents } from '../../src/events.js';
import { convert } from '../../src/library/convert.js';
import { plan } from '../../src/library/plan.js';
import type { ConvertRequest } from '../../src/library/request.js';
import { status } from '../../src/library/status.js';
import { watch } from '../../src/library/watch.js';
import type { RunRef } from '../../src/model.js';
import { memoryRun } from '../support/memory-run.js';
import { MemoryStore } from '../support/memory-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXPERIMENT = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() } as const;

/** A source of the runs a and b that notes when it is closed, and in which some runs cannot be read. */
class Source extends MemoryStore {
  closed = 0;
  readonly broken = new Set<string>();
  /** Called before the metrics of a run are listed. */
  onMetrics: (runId: string) => void = () => {};

  constructor() {
    super(
      EXPERIMENT,
      ['a', 'b'].map((id) => memoryRun(id, { loss: [0, 1, 2, 3] })),
    );
  }

  override async metricKeys(ref: RunRef): Promise<string[]> {
    this.onMetrics(ref.runId);
    if (this.broken.has(ref.runId)) throw new ConvertError('skip-run', 'damaged-file', `${ref.runId} is damaged.`);
    return super.metricKeys(ref);
  }

  override async close(): Promise<void> {
    this.closed++;
  }
}

/** Enough of a request. */
const HERE = { trackingUri: 'mlruns', repo: 'x' };

function request(source: Source, more: Partial<ConvertRequest> = {}): ConvertRequest {
  return { openStore: () => source, repo: temporaryDirectory(), ...more } as ConvertRequest;
}

describe('convert', () => {
  test('resolves with what it has done', async () => {
    const source = new Source();
    const call = request(source);
    expect(await convert(call)).toMatchObject({
      complete: true,
      experiments: 1,
      runs: { new: 2, unchanged: 0, failed: 0 },
      runsPublished: 2,
      metrics: 2,
      points: 8,
      failedRuns: [],
    });
    expect(await convert(call)).toMatchObject({ complete: true, runs: { new: 0, unchanged: 2 }, points: 0 });
    expect(source.closed).toBe(2);
  });

  test('resolves when runs have failed, and says which and why', async () => {
    const source = new Source();
    source.broken.add('b');
    expect(await convert(request(source))).toMatchObject({
      complete: false,
      runs: { new: 1, failed: 1 },
      failureCodes: { 'damaged-file': 1 },
      failedRuns: [{ runId: 'b', experiment: 'mnist', code: 'damaged-file', reason: 'b is damaged.' }],
    });
  });

  test('tells of experiments that the source could not read', async () => {
    const source = new Source();
    const openStore: ConvertRequest['openStore'] = ({ failed }) => {
      failed({ id: '7', code: 'io-error', message: 'The experiment 7 cannot be read.' });
      return source;
    };
    const repo = temporaryDirectory();
    expect(await convert({ openStore, repo })).toMatchObject({ complete: false, experimentsFailed: 1 });
    expect((await status({ repo })).sources).toMatchObject([
      { source: 'memory:', runs: 2, failedExperiments: [{ id: '7', code: 'io-error' }] },
    ]);
  });

  test('leaves nothing of its own with the events of the program', async () => {
    const events = new ConvertEvents();
    const done: string[] = [];
    events.on('run:done', ({ runId, outcome }) => done.push(`${runId} ${outcome}`));
    const call = request(new Source(), { events });
    await convert(call);
    await convert(call);
    expect(done.sort()).toEqual(['a new', 'a unchanged', 'b new', 'b unchanged']);
    expect(events.eventNames().map((name) => [name, events.listenerCount(name)])).toEqual([['run:done', 1]]);
  });

  test('rejects with the reason of its signal, closes the source, and goes on from there the next time', async () => {
    const source = new Source();
    const reason = new Error('enough');
    const stop = new AbortController();
    const call = request(source, { concurrency: 1 });
    source.onMetrics = (runId) => runId === 'b' && stop.abort(reason);
    await expect(convert({ ...call, signal: stop.signal })).rejects.toBe(reason);
    expect(source.closed).toBe(1);
    source.onMetrics = () => {};
    expect(await convert(call)).toMatchObject({ runs: { new: 1, unchanged: 1 } });
    await expect(convert({ ...call, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('may run twice at once, but not into one repository', async () => {
    const calls = [request(new Source()), request(new Source())];
    const summaries = await Promise.all(calls.map((call) => convert(call)));
    expect(summaries.map(({ runs }) => runs.new)).toEqual([2, 2]);
    const [one, other] = await Promise.allSettled([convert(calls[0]!), convert(calls[0]!)]);
    expect(one).toMatchObject({ status: 'fulfilled', value: { runs: { unchanged: 2 } } });
    expect(other).toMatchObject({ status: 'rejected', reason: { kind: 'fatal', code: 'repository-locked' } });
  });

  test('rejects when a listener throws; the next conversion goes on from there', async () => {
    const events = new ConvertEvents();
    events.once('run:done', () => {
      throw new TypeError('There is no such window.');
    });
    const call = request(new Source(), { events });
    await expect(convert(call)).rejects.toThrow('There is no such window.');
    expect(await convert(call)).toMatchObject({ complete: true, experiments: 1 });
  });

  test('rejects when the source cannot be opened', async () => {
    const call = { trackingUri: join(temporaryDirectory(), 'nothing'), repo: temporaryDirectory() };
    await expect(convert(call)).rejects.toMatchObject({ kind: 'fatal', code: 'source-not-found' });
  });
});

test('watch resolves with what it has done when its signal is aborted', async () => {
  const source = new Source();
  const events = new ConvertEvents();
  const stop = new AbortController();
  events.on('watching', () => stop.abort());
  const summary = await watch({ ...request(source), events, signal: stop.signal, interval: 1_000 });
  expect(summary).toMatchObject({ complete: true, runs: { new: 2 }, points: 8 });
  expect(source.closed).toBe(1);
});

test('watch follows a source of a program by polling it', async () => {
  const source = new Source();
  const repo = temporaryDirectory();
  const events = new ConvertEvents();
  const stop = new AbortController();
  events.on('watching', () => source.put(memoryRun('c', { loss: [7] })));
  events.on('pass', ({ changed }) => changed > 0 && stop.abort());
  const summary = await watch({ openStore: () => source, repo, interval: 1, events, signal: stop.signal });
  expect(summary).toMatchObject({ complete: true, runs: { new: 3 }, points: 9 });
  expect((await status({ repo })).sources).toMatchObject([{ source: 'memory:', runs: 3 }]);
});

test('status rejects where nothing was converted', async () => {
  await expect(status({ repo: temporaryDirectory() })).rejects.toMatchObject({ code: 'repository-not-found' });
});

test('a request without a source, or with two, does not compile', () => {
  const requests = [
    // @ts-expect-error there is no source
    (): ConvertRequest => ({ repo: 'x' }),
    // @ts-expect-error there are two
    (): ConvertRequest => ({ repo: 'x', trackingUri: 'mlruns', openStore: () => new Source() }),
    // @ts-expect-error a store of one's own knows how it is read
    (): ConvertRequest => ({ repo: 'x', openStore: () => new Source(), source: { workspace: 'y' } }),
    (): ConvertRequest => ({ repo: 'x', trackingUri: 'mlruns', source: { workspace: 'y' }, signal: undefined }),
    (): ConvertRequest => ({ repo: 'x', openStore: () => new Source(), mapping: { rawParams: true } }),
  ];
  expect(requests).toHaveLength(5);
});

describe('what JavaScript lets a program write is refused with a sentence:', () => {
  const openStore = () => new Source();
  test.each<[string, object | undefined, string]>([
    ['nothing', undefined, 'An object with trackingUri and repo is needed.'],
    ['no source', { repo: 'x' }, 'There is no source: trackingUri is missing'],
    ['two sources', { trackingUri: 'mlruns', openStore, repo: 'x' }, 'There are two sources'],
    ['a tracking URI that is none', { trackingUri: 7, repo: 'x' }, 'trackingUri has to be a string'],
    ['an open store', { openStore: new Source(), repo: 'x' }, 'openStore has to be a function'],
    ['no repository', { trackingUri: 'mlruns' }, 'repo has to name the directory'],
    ['no run at a time', { trackingUri: 'mlruns', repo: 'x', concurrency: 0 }, 'concurrency has to be a whole number'],
    [
      'a text for a list',
      { ...HERE, selection: { experiments: 'mnist' } },
      'selection.experiments has to be a list of strings.',
    ],
    [
      'a date for a moment',
      { ...HERE, selection: { since: '2024-01-01' } },
      'selection.since has to be a number of milliseconds since 1970, or { ago: milliseconds }.',
    ],
    [
      'a status of no run',
      { ...HERE, selection: { statuses: ['DONE'] } },
      'selection.statuses has to be a list of some of RUNNING',
    ],
    [
      'no runs at most',
      { ...HERE, selection: { maxRuns: 0 } },
      'selection.maxRuns has to be a whole number of at least 1.',
    ],
    [
      'a policy that there is not',
      { ...HERE, mapping: { repeatedSteps: 'frist' } },
      'mapping.repeatedSteps has to be one of auto, last, split, index.',
    ],
    ['another policy', { ...HERE, deleted: 'delete' }, 'deleted has to be one of archive, remove, keep.'],
    [
      'no number',
      { ...HERE, mapping: { staleAfter: Number.NaN } },
      'mapping.staleAfter has to be a number of 0 or more.',
    ],
    ['a text for a switch', { ...HERE, includeDeleted: 'no' }, 'includeDeleted has to be true or false.'],
    [
      'a rule without its kind',
      { ...HERE, artifacts: { rules: [{ glob: '*' }] } },
      'artifacts.rules has to be a list of { include',
    ],
    [
      'a label without its glob',
      { ...HERE, mapping: { labels: ['stage'] } },
      'mapping.labels has to be a list of { glob',
    ],
    [
      'a context that has a meaning of its own',
      { ...HERE, mapping: { contexts: [{ context: 'dataset', value: 'a', prefix: 'a_', suffix: '' }] } },
      'mapping.contexts has to be a list of { context',
    ],
    ['a time that does not pass', { ...HERE, interval: 0 }, 'interval has to be a number above 0.'],
    ['an option of another name', { trackingUri: 'mlruns', repo: 'x', experiments: ['1'] }, 'no option experiments.'],
    [
      'a misspelt policy',
      { trackingUri: 'mlruns', repo: 'x', mapping: { repeatedStep: 'last' } },
      'no option mapping.repeatedStep.',
    ],
    [
      'a selection that is none',
      { trackingUri: 'mlruns', repo: 'x', selection: '1' },
      'selection has to be an object.',
    ],
    ['stages without a version', { trackingUri: 'mlruns', repo: 'x', stages: {} }, 'stages.version is missing'],
    ['no stage', { trackingUri: 'mlruns', repo: 'x', stages: { version: '1', history() {} } }, 'stages has to have a'],
    [
      'functions for worker threads',
      { openStore, repo: 'x', inProcess: false },
      'functions do not cross to worker threads',
    ],
  ])('%s', async (_, given, sentence) => {
    for (const call of [convert, watch, plan]) {
      await expect(call(given as never)).rejects.toMatchObject({
        kind: 'fatal',
        code: 'invalid-argument',
        message: expect.stringContaining(sentence),
      });
    }
  });
});
