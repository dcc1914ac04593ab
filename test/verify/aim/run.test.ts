import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashValue } from '../../../src/aim/hash.js';
import { RunWriter } from '../../../src/aim/run-writer.js';
import { type SequenceId, sequenceId } from '../../../src/aim/sequence.js';
import { StepOrders } from '../../../src/aim/step-order.js';
import { AimObject, type AimValue } from '../../../src/aim/value.js';
import type { RepeatedSteps } from '../../../src/policies.js';
import { RunReader } from '../../../src/verify/aim/run.js';
import type { Finding, RunContents, Value } from '../../../src/verify/contents.js';
import { batchOf, type Point, point } from '../../support/points.js';
import { temporaryDirectory } from '../../support/temporary.js';

const HASH = 'abc123';
const orders = new StepOrders();

interface Written {
  readonly metrics?: readonly (readonly [SequenceId, readonly Point[]])[];
  readonly attributes?: ReadonlyMap<string, AimValue>;
  readonly images?: readonly { readonly step: bigint; readonly bytes: Uint8Array }[];
  readonly texts?: readonly string[];
  readonly messages?: readonly string[];
  readonly policy?: RepeatedSteps;
}

interface Place {
  readonly hash: string;
  readonly meta: string;
  readonly seqs: string;
}

/** A run as mlflow2aim writes it. */
function write(run: Written): Place {
  const directory = temporaryDirectory();
  const files = { meta: join(directory, 'meta'), seqs: join(directory, 'seqs') };
  const hooks = { onNotice: () => {} };
  const writer = new RunWriter({ hash: HASH, files, fileNumber: 1 }, run.policy ?? 'auto', orders, hooks);
  const inOrder = [...(run.metrics ?? [])].sort(([a], [b]) => (a.key < b.key ? -1 : 1));
  for (const [sequence, points] of inOrder) writer.points({ key: sequence.name, sequence }, batchOf(points));
  writer.endMetrics();
  const grouped = false;
  for (const { step, bytes } of run.images ?? []) {
    const file = { path: `${step}.png`, uri: 'file:///x' };
    const place = { role: 'image' as const, sequence: 'pictures', step, grouped, file };
    writer.artifact({ type: 'artifact', place, bytes, image: { width: 4, height: 3, format: 'png', mode: 'RGB' } }, 7);
  }
  for (const [i, text] of (run.texts ?? []).entries()) {
    const file = { path: 'a.txt', uri: 'file:///x' };
    const place = { role: 'text' as const, sequence: `t${i}`, step: 0n, grouped, file };
    writer.artifact({ type: 'artifact', place, bytes: Buffer.from(text) }, 8);
  }
  const messages = (run.messages ?? []).map((message) => ({ message, args: new Map() }));
  writer.finish({ attributes: run.attributes ?? new Map(), endTime: 1.5, messages, messageTime: 1 });
  return { hash: HASH, ...files };
}

/** Opens a run, reads what `read` reads, and fails when anything is found. */
function readSound<T>(place: Place, read: (run: RunContents) => T): T {
  const findings: Finding[] = [];
  const run = new RunReader((finding) => findings.push(finding)).open(place);
  const result = read(run);
  run.finish();
  run.close();
  expect(findings).toEqual([]);
  return result;
}

type Row = readonly [step: bigint, bits: bigint, time: number];

function pointsOf(run: RunContents): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const sequence of run.sequences) {
    if (sequence.kind !== 'metric') continue;
    const rows: Row[] = [];
    for (const { length, steps, valueBits, times, epochs, valueIsInt } of sequence.points()) {
      for (let i = 0; i < length; i++) rows.push([steps[i]!, valueBits[i]!, times[i]!]);
      expect([epochs.every(Number.isNaN), valueIsInt.every((one) => one === 0)]).toEqual([true, true]);
    }
    expect(sequence.count()).toBe(rows.length);
    for (const [step, bits] of rows.slice(0, 3)) {
      const one = sequence.point(step)!;
      expect([one.length, one.steps[0], one.valueBits[0]]).toEqual([1, step, bits]);
    }
    expect(sequence.point(-77n)).toBeUndefined();
    found.set(sequence.name, rows.sort(byStep));
  }
  return found;
}

const byStep = (a: Row, b: Row) => (a[0] < b[0] ? -1 : 1);
const bitsOf = (value: number) => new BigUint64Array(Float64Array.of(value).buffer)[0]!;

/** The last arrival at each step; steps that Aim cannot tell apart count as one. */
function rowsOf(points: readonly Point[]): Row[] {
  const last = new Map(points.map((p) => [hashValue(p.step), p]));
  const rows = [...last.values()].map(({ step, value, timestamp }): Row => [step, bitsOf(value), timestamp / 1000]);
  return rows.sort(byStep);
}

/** A value of the writer's as the reader has it. */
function asRead(value: AimValue): Value {
  if (value === null) return { type: 'none' };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'bigint') return { type: 'int', value };
  if (typeof value === 'number') return { type: 'float', value, bits: bitsOf(value) };
  if (typeof value === 'string') return { type: 'string', value };
  if (value instanceof Uint8Array) return { type: 'bytes', value };
  if (value instanceof AimObject) {
    return { type: 'object', name: value.typeName, fields: new Map([...value.fields].map(([k, v]) => [k, asRead(v)])) };
  }
  if (Array.isArray(value)) return { type: 'list', items: (value as AimValue[]).map(asRead) };
  return { type: 'dict', entries: new Map([...(value as Map<string, AimValue>)].map(([k, v]) => [k, asRead(v)])) };
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
const { value: attribute } = fc.letrec<{ value: AimValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.uint8Array({ maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((dict) => new Map(Object.entries(dict))),
  ),
}));

describe('a run that mlflow2aim wrote', () => {
  test('has its points, step and value bit for bit, and nothing to be found', () => {
    const metric = fc.tuple(text, fc.array(point, { minLength: 1, maxLength: 40 }), fc.boolean());
    const metrics = fc.uniqueArray(metric, { maxLength: 4, selector: ([name]) => name });
    fc.assert(
      fc.property(metrics, (given) => {
        const inside = new Map([['subset', 'val']]);
        const sequences = given.map(
          ([name, points, isInside]) => [sequenceId(name, isInside ? inside : new Map()), points] as const,
        );
        const place = write({ metrics: sequences, policy: 'last' });
        const expected = new Map(given.map(([name, points]) => [name, rowsOf(points)]));
        expect(readSound(place, pointsOf)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('may have metrics that are longer than what is read in one go', () => {
    const long = Array.from({ length: 70_000 }, (_, i) => ({ step: BigInt(i * 3), value: i / 7, timestamp: 1000 + i }));
    const metrics = ['a', 'b'].map((name) => [sequenceId(name, new Map()), long] as const);
    const found = readSound(write({ metrics }), pointsOf);
    const expected = rowsOf(long).join();
    expect([...found].map(([name, rows]) => [name, rows.join() === expected])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  test('has its attributes, each of its type', () => {
    const attributes = fc.dictionary(text, attribute, { maxKeys: 5 }).map((dict) => new Map(Object.entries(dict)));
    fc.assert(
      fc.property(attributes, (given) => {
        const found = readSound(write({ attributes: given }), (run) => run.attributes.entries);
        expect(new Map(found)).toEqual(new Map([...given].map(([key, value]) => [key, asRead(value)])));
      }),
      { numRuns: 150 },
    );
  });

  test('has its images, texts and messages with their bytes', () => {
    // more than is read at once of a table, and each less
    const bytes = Array.from({ length: 30 }, (_, n) => new Uint8Array(50_000).fill(n + 1));
    const images = bytes.map((one, i) => ({ step: BigInt(i * 10), bytes: one }));
    const place = write({ images, texts: ['bye', ''], messages: ['lost'] });
    const found = readSound(place, (run) =>
      run.sequences.flatMap((sequence) =>
        sequence.kind === 'metric' ? [] : [{ kind: sequence.kind, points: [...sequence.points()] }],
      ),
    );
    expect(found.map(({ kind }) => kind).sort()).toEqual(['images', 'sequence', 'texts', 'texts']);
    const pictures = found.find(({ kind }) => kind === 'images')!.points;
    expect(pictures.map(({ step }) => step)).toEqual(images.map(({ step }) => step));
    for (const [i, { value, time, epoch }] of pictures.entries()) {
      if (value.type !== 'object') throw new Error('An image is an object.');
      const data = value.fields.get('data');
      expect(data?.type === 'bytes' && Buffer.compare(data.value, bytes[i]!)).toBe(0);
      expect([value.name, time, epoch]).toEqual(['aim.image', 7, undefined]);
    }
  });
});
