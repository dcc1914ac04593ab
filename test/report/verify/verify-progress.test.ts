import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { VerifyTextView } from '../../../src/report/verify/verify-view.js';
import type { RunVerdict } from '../../../src/verify/compare/verdict.js';
import { VerifyEvents } from '../../../src/verify/session/verify-events.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const VERDICT = { hash: 'a', runId: 'a', runName: 'owl', experiment: 'e', verdict: 'equal' } as const;

test('the progress of a sample promises the end of the sample', () => {
  const events = new VerifyEvents();
  const lines: string[] = [];
  const stderr = { write: (text: string) => lines.push(text.trimEnd()) > 0 };
  new VerifyTextView(events, { stdout: stderr, stderr, quiet: false, live: false, isSilent: false });
  jest.advanceTimersByTime(2_000);
  expect(lines).toEqual([expect.stringMatching(/Z listing runs · 2 s so far$/)]);
  events.emit('start', { source: '/mlruns', repo: '/aim', sample: 0.1 });
  events.emit('experiment', { id: '1', name: 'e', runs: 200 });
  const run = { ...VERDICT, differences: [], findings: [], unread: [], differenceCount: 0 } as unknown as RunVerdict;
  for (let i = 0; i < 10; i++) events.emit('run', run);
  jest.advanceTimersByTime(60_000);
  expect(lines[1]).toMatch(/Z 10 of 20 runs · ETA \d+ s · 0 points$/);
});
