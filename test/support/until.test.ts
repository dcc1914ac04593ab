import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { until } from './until.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('until fails after 20 seconds without progress, and says what it saw', async () => {
  const waiting = until(
    'there are two runs',
    () => false,
    () => ({ runs: 1 }),
  );
  const failure = expect(waiting).rejects.toThrow(
    'Waited 20 s in vain until there are two runs. Seen instead: {"runs":1}',
  );
  await jest.advanceTimersByTimeAsync(20_100);
  await failure;
});

test('until goes on waiting while there is progress', async () => {
  let runs = 0;
  const counting = setInterval(() => runs++, 10_000);
  const waiting = until(
    'there are six runs',
    () => runs === 6,
    () => runs,
  );
  await jest.advanceTimersByTimeAsync(60_100);
  await waiting;
  clearInterval(counting);
});
