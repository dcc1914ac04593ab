import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { WrittenSequence } from '../../src/aim/object-records.js';
import { arrangePlaces, ObjectsWriter, placeSequence } from '../../src/aim/objects-writer.js';
import type { AimDict } from '../../src/aim/value.js';
import type { ArtifactPlace, ArtifactRole, ImageHeader } from '../../src/model.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import { readRecords } from '../support/aim-records.js';
import { garbageCollector } from '../support/memory.js';
import { readable } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const TIME = 1_700_000_000.5;
const IMAGE: ImageHeader = { width: 3, height: 2, format: 'png', mode: 'RGB' };

interface PlaceFields {
  readonly sequence?: string;
  readonly step?: bigint;
  readonly timestamp?: number;
  readonly grouped?: boolean;
}

function place(role: ArtifactRole, path: string, fields: PlaceFields = {}): ArtifactPlace {
  return { role, sequence: path, step: 0n, grouped: false, file: { path, uri: `file:///${path}` }, ...fields };
}

interface Written {
  /** Path to value, readable. */
  readonly records: Record<string, unknown>;
  readonly sequences: readonly WrittenSequence[];
}

/** Writes places, whose bytes are their paths, in the order of arrangePlaces; then what `more` adds. */
function write(places: readonly ArtifactPlace[], more: (writer: ObjectsWriter) => void = () => {}): Written {
  const directory = temporaryDirectory();
  const database = new DatabaseWriter(directory);
  const writer = new ObjectsWriter(database, 'abc');
  for (const one of arrangePlaces(places)) {
    const image = one.role === 'image' ? { image: IMAGE } : {};
    writer.artifact({ type: 'artifact', place: one, bytes: Buffer.from(`<${one.file.path}>`), ...image }, TIME);
  }
  more(writer);
  const sequences = writer.finish();
  database.finish();
  const records = Object.fromEntries([...readRecords(directory)].map(([key, value]) => [readable(key), decode(value)]));
  return { records, sequences };
}

/** A value as docs/aim-repo-format.md §3.2 encodes it. */
function decode(value: Buffer): unknown {
  if (value.length === 0) return 'BLOB';
  const content = value.subarray(1);
  switch (value[0]) {
    case 0:
      return null;
    case 2:
      return content.readBigInt64LE();
    case 3:
      return content.readDoubleLE();
    case 4:
      return content.toString();
    case 5:
      return `bytes ${content}`;
    case 6:
      return '[]';
    case 15:
      return `<${content}>`;
    default:
      return value;
  }
}

const CONTEXT = {
  image: placeSequence(place('image', 'x')).contextId,
  audio: placeSequence(place('audio', 'x')).contextId,
  text: placeSequence(place('text', 'x')).contextId,
  none: placeSequence(place('log', 'x')).contextId,
};

const base = (context: bigint, name: string) => `/seqs/chunks/abc/${context}/${name}`;

/** The three columns of a sequence and its records' epochs and times. */
function columns(path: string, times: Record<string, number>): Record<string, unknown> {
  const found: Record<string, unknown> = { [`${path}/epoch`]: '[]', [`${path}/time`]: '[]', [`${path}/val`]: '[]' };
  for (const [step, time] of Object.entries(times)) {
    found[`${path}/epoch/${step}`] = null;
    found[`${path}/time/${step}`] = time;
  }
  return found;
}

function object(path: string, type: string, blob: string, fields: Record<string, unknown> = {}) {
  return {
    [path]: `<${type}>`,
    [`${path}/data`]: 'BLOB',
    [`/BLOBS${path}/data`]: blob,
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${path}/${name}`, value])),
  };
}

const imageFields = (caption: string) => ({
  caption,
  format: 'png',
  height: 2n,
  mode: 'RGB',
  source: 'PIL.Image',
  width: 3n,
});
const image = (path: string, caption: string) => object(path, 'aim.image', `bytes <${caption}>`, imageFields(caption));

describe('images', () => {
  test('of a directory are one list, sorted by path', () => {
    const grouped = { sequence: 'root', grouped: true };
    const { records, sequences } = write([place('image', 'b.png', grouped), place('image', 'a.png', grouped)]);
    const path = base(CONTEXT.image, 'root');
    expect(records).toEqual({
      ...columns(path, { 0: TIME }),
      [`${path}/val/0`]: '[]',
      ...image(`${path}/val/0/0`, 'a.png'),
      ...image(`${path}/val/0/1`, 'b.png'),
    });
    expect(sequences).toMatchObject([
      { type: { dtype: 'list(aim.image)', catalogue: 'images' }, steps: [0n], recordMaxLength: 2 },
    ]);
  });

  test('of a history stand at their steps and times', () => {
    const { records, sequences } = write([
      place('image', 'late.png', { sequence: 'key', step: 256n, timestamp: 2500 }),
      place('image', 'early.png', { sequence: 'key', step: 2n, timestamp: 1500 }),
    ]);
    const path = base(CONTEXT.image, 'key');
    expect(records).toEqual({
      ...columns(path, { 2: 1.5, 256: 2.5 }),
      ...image(`${path}/val/2`, 'early.png'),
      ...image(`${path}/val/256`, 'late.png'),
    });
    expect(sequences).toMatchObject([
      { type: { dtype: 'aim.image', catalogue: 'images' }, steps: [2n, 256n], recordMaxLength: undefined },
    ]);
  });

  test('of one sequence are all lists when one record is', () => {
    const at = (step: bigint, grouped: boolean) => ({ sequence: 'key', step, grouped });
    const { records, sequences } = write([
      place('image', 'c', at(1n, true)),
      place('image', 'a', at(0n, false)),
      place('image', 'b', at(1n, true)),
    ]);
    const path = base(CONTEXT.image, 'key');
    expect(records).toEqual({
      ...columns(path, { 0: TIME, 1: TIME }),
      [`${path}/val/0`]: '[]',
      [`${path}/val/1`]: '[]',
      ...image(`${path}/val/0/0`, 'a'),
      ...image(`${path}/val/1/0`, 'b'),
      ...image(`${path}/val/1/1`, 'c'),
    });
    expect(sequences).toMatchObject([{ type: { dtype: 'list(aim.image)' }, recordMaxLength: 2 }]);
  });

  test('that meet at a step become a list though neither said so', () => {
    const twice = { sequence: 'key', step: 3n };
    const { sequences } = write([place('image', 'a', twice), place('image', 'b', twice)]);
    expect(sequences).toMatchObject([{ type: { dtype: 'list(aim.image)' }, steps: [3n], recordMaxLength: 2 }]);
  });

  test('in a list keep their places when one before them was left behind', () => {
    const directory = temporaryDirectory();
    const database = new DatabaseWriter(directory);
    const writer = new ObjectsWriter(database, 'abc');
    const grouped = { sequence: 'root', grouped: true };
    const places = arrangePlaces(['a', 'b', 'c'].map((path) => place('image', path, grouped)));
    for (const one of [places[0]!, places[2]!]) {
      writer.artifact({ type: 'artifact', place: one, bytes: Buffer.from('x'), image: IMAGE }, TIME);
    }
    writer.finish();
    database.finish();
    const found = Object.fromEntries([...readRecords(directory)].map(([key, value]) => [readable(key), decode(value)]));
    const path = base(CONTEXT.image, 'root');
    expect([found[`${path}/val/0/0/caption`], found[`${path}/val/0/1/caption`]]).toEqual(['a', 'c']);
    expect(found[`${path}/val/0/2`]).toBeUndefined();
  });
});

test('texts are one sequence each, audio a list for each directory', () => {
  const { records, sequences } = write([
    place('text', 'a/ü.txt'),
    place('text', 'b.txt'),
    place('audio', 'a/Beep.WAV', { sequence: 'a', grouped: true }),
  ]);
  const [first, second, audio] = [base(CONTEXT.text, 'a/ü.txt'), base(CONTEXT.text, 'b.txt'), base(CONTEXT.audio, 'a')];
  expect(records).toEqual({
    ...columns(first, { 0: TIME }),
    ...object(`${first}/val/0`, 'aim.text', '<a/ü.txt>'),
    ...columns(second, { 0: TIME }),
    ...object(`${second}/val/0`, 'aim.text', '<b.txt>'),
    ...columns(audio, { 0: TIME }),
    [`${audio}/val/0`]: '[]',
    ...object(`${audio}/val/0/0`, 'aim.audio', 'bytes <a/Beep.WAV>', { caption: 'a/Beep.WAV', format: 'wav' }),
  });
  const types = sequences.map(({ id, type }) => [id.name, type.dtype, type.catalogue]);
  expect(types.sort()).toEqual([
    ['a', 'list(aim.audio)', 'audios'],
    ['a/ü.txt', 'aim.text', 'texts'],
    ['b.txt', 'aim.text', 'texts'],
  ]);
});

describe('a terminal log', () => {
  function linesOf(text: string): Written {
    return write([], (writer) => {
      const log = place('log', 'train.log', { sequence: 'logs' });
      writer.artifact({ type: 'artifact', place: log, bytes: Buffer.from(text) }, TIME);
    });
  }

  test('is a line for each step', () => {
    const { records, sequences } = linesOf('one\r\n\nthree\n');
    const path = base(CONTEXT.none, 'logs');
    expect(records).toEqual({
      ...columns(path, { 0: TIME, 1: TIME, 2: TIME }),
      ...object(`${path}/val/0`, 'aim.log_line', 'one'),
      ...object(`${path}/val/1`, 'aim.log_line', ''),
      ...object(`${path}/val/2`, 'aim.log_line', 'three'),
    });
    expect(sequences).toMatchObject([
      { id: { name: 'logs' }, type: { dtype: 'aim.log_line', catalogue: 'sequence' }, steps: [0n, 1n, 2n] },
    ]);
  });

  test('is escaped, because Aim draws it as HTML', () => {
    const { records } = linesOf('in <module> & <b>&amp;</b>\n\u001b[31mx < y\u001b[0m');
    const text = (step: number) => records[`/BLOBS${base(CONTEXT.none, 'logs')}/val/${step}/data`];
    expect([text(0), text(1)]).toEqual(['in &lt;module> &amp; &lt;b>&amp;amp;&lt;/b>', '\u001b[31mx &lt; y\u001b[0m']);
  });

  test('may lack its last newline, be long, or be empty', () => {
    expect(linesOf('a\nb').sequences[0]?.steps).toEqual([0n, 1n]);
    expect(linesOf('').sequences).toEqual([]);
    const { records } = linesOf('x\n'.repeat(300));
    expect(records[`/BLOBS${base(CONTEXT.none, 'logs')}/val/299/data`]).toBe('x');
  });
});

test('a long terminal log costs little more memory than its text', () => {
  const collect = garbageCollector();
  const database = new DatabaseWriter(temporaryDirectory());
  const writer = new ObjectsWriter(database, 'abc');
  collect();
  const before = process.memoryUsage().heapUsed;
  const bytes = Buffer.from('epoch 1\n'.repeat(100_000));
  writer.artifact({ type: 'artifact', place: place('log', 'train.log', { sequence: 'logs' }), bytes }, TIME);
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  writer.finish();
  database.finish();
  expect(grown / 1e6).toBeLessThan(40);
});

test('messages are log records at warning level', () => {
  const args: AimDict = new Map<string, bigint>([['points', 7n]]);
  const { records, sequences } = write([], (writer) => {
    writer.message('lost', args, 'source', 5.5);
    writer.message('again', new Map(), 'source', 6.5);
  });
  const path = base(CONTEXT.none, '__log_records');
  const record = (step: number, message: string, timestamp: number) => ({
    [`${path}/val/${step}`]: '<aim.log_record>',
    [`${path}/val/${step}/__logger_info`]: '[]',
    [`${path}/val/${step}/__logger_info/0`]: 'source',
    [`${path}/val/${step}/__logger_info/1`]: 0n,
    [`${path}/val/${step}/log_level`]: 30n,
    [`${path}/val/${step}/message`]: message,
    [`${path}/val/${step}/timestamp`]: timestamp,
  });
  expect(records).toEqual({
    ...columns(path, { 0: 5.5, 1: 6.5 }),
    ...record(0, 'lost', 5.5),
    [`${path}/val/0/extra_args/points`]: 7n,
    ...record(1, 'again', 6.5),
  });
  expect(sequences).toMatchObject([{ type: { dtype: 'aim.log_record', catalogue: 'sequence' }, steps: [0n, 1n] }]);
});

test('a run without objects has no record', () => {
  expect(write([])).toEqual({ records: {}, sequences: [] });
});

describe('any places, in the order of arrangePlaces', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'ab', 'a/b', 'logs', 'ÿ', '\ufffe', '🚀'),
    fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
  );
  const step = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.constantFrom(255n, 256n, 2n ** 31n, 2n ** 63n - 1n));
  const files = fc.uniqueArray(
    fc.record({
      role: fc.constantFrom<ArtifactRole>('image', 'audio', 'text'),
      path: name,
      sequence: name,
      step,
      grouped: fc.boolean(),
    }),
    { selector: ({ path }) => path, maxLength: 25 },
  );

  test('can be written, and each file is found once with its bytes', () => {
    fc.assert(
      fc.property(files, fc.boolean(), (specs, withLog) => {
        const places = specs.map(({ role, path, ...fields }) =>
          // a text is always alone in its sequence
          role === 'text' ? place(role, path) : place(role, path, fields),
        );
        if (withLog) places.push(place('log', 'zz.log', { sequence: 'logs' }));
        const { records, sequences } = write(places);
        const blobs = Object.entries(records).filter(([key]) => key.startsWith('/BLOBS'));
        const holds = { log: '&lt;zz.log>', text: '<', table: '<', figure: '<', image: 'bytes <', audio: 'bytes <' };
        const expected = places.map(({ role, file }) => (role === 'log' ? holds.log : `${holds[role]}${file.path}>`));
        expect(blobs.map(([, value]) => value).sort()).toEqual(expected.sort());
        for (const { id, type, steps, recordMaxLength } of sequences) {
          expect(steps).toEqual([...new Set(steps)].sort((a, b) => (a < b ? -1 : 1)));
          expect(recordMaxLength !== undefined).toBe(type.dtype.startsWith('list('));
          const path = base(id.contextId, id.name);
          for (const at of steps) {
            expect(records[`${path}/val/${at}`]).toBe(recordMaxLength === undefined ? `<${type.dtype}>` : '[]');
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the order does not depend on that of the input', () => {
    fc.assert(
      fc.property(files, (specs) => {
        const places = specs.map(({ role, path, ...fields }) => place(role, path, fields));
        expect(arrangePlaces(places.toReversed())).toEqual(arrangePlaces(places));
      }),
      { numRuns: 60 },
    );
  });
});
