import type { ObjectSequence } from '../contents.js';
import { fieldOf } from './compare-artifacts.js';
import type { DifferencePlace, Differences } from './differences.js';
import { causeOf, type RunFacts } from './run-facts.js';
import { show, showTime, showValue } from './show.js';

/**
 * Compares the terminal log of a run, line by line.
 *
 * @param lines undefined for a run without one
 * @param startTime of the run, seconds: the time of each line
 */
export function compareLog(
  lines: readonly string[] | undefined,
  sequence: ObjectSequence | undefined,
  startTime: number,
  facts: RunFacts,
  differences: Differences,
): void {
  const expected = lines ?? [];
  const tell = (place: DifferencePlace) =>
    differences.add('log-differs', causeOf(facts, 'log-differs', 'artifacts'), {
      ...(sequence && { sequence }),
      ...place,
    });
  let found = 0;
  for (const { step, value, time, epoch } of sequence?.points() ?? []) {
    found++;
    const line = fieldOf(value, 'data');
    const wanted = expected[Number(step)];
    if (line?.type !== 'string' || line.value !== wanted) {
      tell({ step, expected: show(wanted), found: showValue(line) });
    } else if (time !== startTime) {
      tell({ step, record: 'time', expected: showTime(startTime), found: showTime(time) });
    }
    if (epoch !== undefined) tell({ step, record: 'epoch', expected: 'none', found: String(epoch) });
  }
  // what cannot be read is a finding of its own
  const isReadable = sequence?.isReadable ?? true;
  if (isReadable && found < expected.length) tell({ expected: `${expected.length} lines`, found: `${found} lines` });
}
