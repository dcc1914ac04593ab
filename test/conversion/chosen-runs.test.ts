import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { convert } from '../../src/convert.js';
import { ConvertEvents } from '../../src/events.js';
import type { RunSelection } from '../../src/options.js';
import { plan } from '../../src/plan/plan.js';
import { id, newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const RUNNING = { status: 1, endTime: null } as const;
const { signal } = new AbortController();

let store: FileStoreBuilder;
let repo: string;

beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1', name: 'mnist' });
  store.experiment({ id: '2', name: 'other' });
  store.run('1', { runId: id('a'), ...RUNNING, startTime: Date.now(), metrics: { loss: series(3) } });
  store.run('1', { runId: id('b') });
  store.run('2', { runId: id('c'), ...RUNNING, startTime: Date.now() });
  repo = join(temporaryDirectory(), 'aim');
});

const optionsOf = (selection: RunSelection) => ({ trackingUri: store.root, repo, selection, inProcess: true });

/** What became of which run. */
async function converted(selection: RunSelection): Promise<string[]> {
  const events = new ConvertEvents();
  const told: string[] = [];
  events.on('run:done', ({ runId, outcome, active }) => told.push(`${runId.at(-1)} ${outcome} ${active}`));
  await convert(optionsOf(selection), events, signal);
  return told.sort();
}

/** All active runs end. */
function end(): void {
  store.run('1', { runId: id('a'), status: 3, metrics: { loss: series(5) } });
  store.run('2', { runId: id('c'), status: 3 });
}

describe('a run that Aim has as active', () => {
  beforeEach(async () => {
    expect(await converted({ statuses: ['RUNNING'] })).toEqual(['a new true', 'c new true']);
    end();
  });

  test('is read to its end, even if it no longer meets the conditions; then it is left alone', async () => {
    expect((await plan(optionsOf({ statuses: ['RUNNING'] }))).runs).toMatchObject({ new: 0, changed: 2 });
    expect(await converted({ statuses: ['RUNNING'] })).toEqual(['a updated false', 'c updated false']);
    expect(await converted({ statuses: ['RUNNING'] })).toEqual([]);
  });

  test('of an experiment that is not chosen is left alone', async () => {
    expect(await converted({ statuses: ['RUNNING'], experiments: ['mnist'] })).toEqual(['a updated false']);
  });

  test('is left alone where runs are named by their ids', async () => {
    expect(await converted({ runIds: [id('b')] })).toEqual(['b new false']);
    expect(await converted({ runIds: [id('a'), id('b')], statuses: ['KILLED'] })).toEqual(['a updated false']);
  });
});
