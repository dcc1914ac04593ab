import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { ConvertEvents, type SourceState } from '../../src/events.js';
import { whenThere } from '../../src/watch/wait-for-source.js';

let told: SourceState[];
let events: ConvertEvents;

beforeEach(() => {
  jest.useFakeTimers();
  told = [];
  events = new ConvertEvents();
  events.on('source', (state) => told.push(state));
});
afterEach(() => {
  jest.useRealTimers();
});

const absent = new ConvertError('fatal', 'source-not-found', '/runs/mlruns does not exist.', {
  hint: 'Check the path.',
});
const empty = new ConvertError('fatal', 'not-mlflow', '/runs/mlruns contains no MLflow experiment.');
const never = () => new AbortController().signal;

/** Fails with these errors, one after the other, and then succeeds. */
function opening(...failures: readonly Error[]): () => Promise<string> {
  const left = [...failures];
  return async () => {
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return 'open';
  };
}

test('a source that is there is opened without a word', async () => {
  expect(await whenThere(opening(), events, never())).toBe('open');
  expect(told).toEqual([]);
});

test('one that is not is waited for, and each reason is told once', async () => {
  const opened = whenThere(opening(absent, absent, absent, empty, empty), events, never());
  await jest.advanceTimersByTimeAsync(60_000);
  expect(await opened).toBe('open');
  expect(told).toEqual([
    { available: false, code: 'source-not-found', message: '/runs/mlruns does not exist. Waiting for it.' },
    { available: false, code: 'not-mlflow', message: '/runs/mlruns contains no MLflow experiment. Waiting for it.' },
    { available: true, message: 'The source is there now.' },
  ]);
});

test('what waiting does not mend is an error at once', async () => {
  const refused = new ConvertError('fatal', 'auth-failed', 'The credentials were rejected.');
  await expect(whenThere(opening(refused), events, never())).rejects.toBe(refused);
});

test('the waiting ends with the signal', async () => {
  const controller = new AbortController();
  const opened = whenThere(opening(...Array<Error>(100).fill(absent)), events, controller.signal);
  const reason = new Error('enough');
  const ended = expect(opened).rejects.toBe(reason);
  await jest.advanceTimersByTimeAsync(5_000);
  controller.abort(reason);
  await ended;
});
