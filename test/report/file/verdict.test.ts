import { expect, test } from '@jest/globals';
import { ConvertEvents } from '../../../src/events.js';
import type { RunReport } from '../../../src/outcome.js';
import { verdict } from '../../../src/report/file/verdict.js';
import { Summary } from '../../../src/summary/summary.js';
import { makeRun } from '../make-run.js';

const failed = makeRun({ outcome: 'failed' });
const incomplete = makeRun({ incomplete: [{ part: 'params', why: 'It is away.' }] });
const skipped = makeRun({ outcome: 'skipped', code: 'deleted' });
const unchanged = makeRun({ outcome: 'unchanged' });

function told(
  runs: readonly RunReport[],
  how: 'done' | 'interrupted' | 'error' = 'done',
  failedExperiments = 0,
): string {
  const events = new ConvertEvents();
  const summary = new Summary(events);
  for (const run of runs) events.emit('run:done', run);
  for (let i = 0; i < failedExperiments; i += 1) {
    events.emit('experiment:failed', { id: '1', code: 'unreachable', message: 'No answer.' });
  }
  const error = how === 'error' && { error: { code: 'no-space' as const, message: 'No space is left.' } };
  const { tone, text } = verdict({ interrupted: how === 'interrupted', summary: summary.numbers(), ...error });
  return `${tone}: ${text}`;
}

test('the page says how the conversion ended', () => {
  expect(told([])).toBe('good: Done. There was no run to convert.');
  expect(told([unchanged])).toBe('good: Done. Nothing has changed in MLflow.');
  expect(told([makeRun()])).toBe('good: Done. Nothing failed, and every run was read completely.');
  expect(told([unchanged, skipped])).toMatch(/completely\. 1 run was skipped\.$/);
  expect(told([incomplete, incomplete])).toBe('warn: Done, with exceptions: 2 runs could not be read completely.');
  expect(told([failed, incomplete], 'done', 2)).toBe(
    'bad: Done, with exceptions: 2 experiments could not be read, 1 run failed and 1 run could not be read completely.',
  );
  expect(told([makeRun()], 'interrupted')).toMatch(/^warn: The conversion was interrupted\..* before\.$/);
  expect(told([failed], 'interrupted')).toMatch(/ Until then, 1 run failed\.$/);
  expect(told([failed], 'error')).toBe('bad: The conversion failed: No space is left.');
});
