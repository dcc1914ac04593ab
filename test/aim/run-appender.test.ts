import { existsSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { appendToMetric } from '../../src/aim/metric-state.js';
import { appendToRun, isStaged, type RunAppend } from '../../src/aim/run-appender.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { StepOrders } from '../../src/aim/step-order.js';
import type { MetricSummary } from '../../src/aim/summary.js';
import type { AimDict } from '../../src/aim/value.js';
import { readVersion } from '../../src/rocksdb/database.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import { readPoints, readRecords } from '../support/aim-records.js';
import { batchOf, type Point } from '../support/points.js';
import { readable } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const orders = new StepOrders();
const LOSS = sequenceId('loss', new Map());

let live: { meta: string; seqs: string };
let staged: { meta: string; seqs: string };
beforeEach(() => {
  const root = temporaryDirectory();
  live = { meta: join(root, 'meta'), seqs: join(root, 'seqs') };
  staged = { meta: join(root, 'staged.meta'), seqs: join(root, 'staged.seqs') };
  for (const directory of [live.meta, live.seqs]) new DatabaseWriter(directory).finish();
});

const points = (from: number, to: number): Point[] =>
  Array.from({ length: to - from }, (_, i) => ({ step: BigInt(from + i), value: from + i, timestamp: 1000 }));

interface Addition {
  readonly added?: readonly Point[];
  readonly summary?: Partial<MetricSummary>;
  readonly attributes?: AimDict;
  readonly message?: string;
}

const SUMMARY: MetricSummary = { first: 0, firstStep: 0n, last: 1, lastStep: 1n, min: 0, max: 1 };

/** Adds to the run; what is staged lies in its place afterwards. */
function grow({ added = [], summary, attributes = new Map(), message }: Addition): number | undefined {
  const grown = added.length === 0 ? undefined : appendToMetric(undefined, batchOf(added), 'last', orders);
  const addition: RunAppend = {
    points: grown === undefined ? [] : [{ sequence: LOSS, ordered: grown.ordered }],
    summaries: summary === undefined ? [] : [{ sequence: LOSS, summary: { ...SUMMARY, ...summary } }],
    end: {
      attributes,
      endTime: null,
      messages: message === undefined ? [] : [{ message, args: new Map() }],
      messageTime: 7,
    },
    newMessages: true,
  };
  return appendToRun('a', live, staged, addition);
}

/** Moves what is staged to its place. */
function settle(): void {
  for (const kind of ['meta', 'seqs'] as const) {
    if (!existsSync(staged[kind])) continue;
    for (const name of readdirSync(staged[kind])) renameSync(join(staged[kind], name), join(live[kind], name));
    rmdirSync(staged[kind]);
  }
}

const keysIn = (directory: string) => [...readRecords(directory).keys()].map(readable);

describe('a run that is added to', () => {
  test('gets its points and what has changed of its attributes as one more table each', () => {
    expect(grow({ added: points(0, 5), summary: {}, attributes: new Map([['lr', 0.1]]) })).toBeGreaterThan(0);
    settle();
    expect(readPoints(live.seqs, 'a', LOSS).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
    expect(keysIn(live.meta)).toEqual(expect.arrayContaining(['/meta/attrs/lr', '/meta/chunks/a/attrs/lr']));
    for (const directory of [live.meta, live.seqs]) {
      expect(readVersion(directory)).toMatchObject({ lastSequence: 1, files: [{ level: 0, smallestSequence: 1 }] });
    }
  });

  test('that has nothing new leaves nothing in the staging directory', () => {
    grow({ summary: {}, attributes: new Map([['lr', 0.1]]) });
    settle();
    expect(grow({ summary: {}, attributes: new Map([['lr', 0.1]]) })).toBe(0);
    expect(isStaged(staged)).toBe(false);
  });

  test('loses attributes that are no longer there, and the least and greatest value when there are none', () => {
    grow({ added: points(0, 2), summary: {}, attributes: new Map([['lr', 0.1]]) });
    settle();
    const { min: _, max: __, ...without } = SUMMARY;
    const addition: RunAppend = {
      points: [],
      summaries: [{ sequence: LOSS, summary: without }],
      end: { attributes: new Map(), endTime: null, messages: [], messageTime: 7 },
      newMessages: false,
    };
    const before = keysIn(live.meta);
    expect(appendToRun('a', live, staged, addition)).toBeGreaterThan(0);
    expect(existsSync(staged.seqs)).toBe(false);
    settle();
    const trace = `/meta/chunks/a/traces/${LOSS.contextId}/loss`;
    const gone = ['/meta/attrs/lr', '/meta/chunks/a/attrs/lr', `${trace}/max`, `${trace}/min`];
    expect(keysIn(live.meta)).toEqual(before.filter((key) => !gone.includes(key)));
    expect(before).toEqual(expect.arrayContaining(gone));
    expect(readPoints(live.seqs, 'a', LOSS)).toHaveLength(2);
  });

  test('is refused when one sequence would have to hold two kinds of things', () => {
    grow({ message: 'something was lost' });
    settle();
    const addition: RunAppend = {
      points: [],
      summaries: [{ sequence: sequenceId('__log_records', new Map()), summary: SUMMARY }],
      end: { attributes: new Map(), endTime: null, messages: [], messageTime: 7 },
      newMessages: false,
    };
    expect(appendToRun('a', live, staged, addition)).toBeUndefined();
    expect(isStaged(staged)).toBe(false);
  });
});
