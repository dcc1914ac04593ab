import { describe, expect, test } from '@jest/globals';
import { MetaRecords } from '../../src/aim/meta-records.js';
import { type SequenceId, sequenceId } from '../../src/aim/sequence.js';
import { AimBlob, type AimDict } from '../../src/aim/value.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import { readRecords } from '../support/aim-records.js';
import { readable } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Ids of contexts, as aim 3.29.1 computes them (docs/aim-repo-format.md §4). */
const NO_CONTEXT = '-4504863053055089774';
const TRAIN = '-8686149688933388395';
const train: AimDict = new Map([['subset', 'train']]);

const RUN = '/meta/chunks/abc';
const EMPTY_DICT = '07';
const ONE = '020100000000000000';
const text = (value: string) => `04${Buffer.from(value).toString('hex')}`;
const int = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return `02${bytes.toString('hex')}`;
};

/** The records of run `abc` that `fill` puts there: path to value in hex. */
function recordsOf(fill: (records: MetaRecords) => void): Record<string, string> {
  const directory = temporaryDirectory();
  const records = new MetaRecords('abc');
  fill(records);
  const database = new DatabaseWriter(directory);
  records.write(database);
  database.finish();
  return Object.fromEntries([...readRecords(directory)].map(([key, value]) => [readable(key), value.toString('hex')]));
}

const EMPTY = { '/meta/attrs': EMPTY_DICT, [`${RUN}/attrs`]: EMPTY_DICT };

describe('the records of a run', () => {
  test('are two empty dicts for a run with nothing', () => {
    expect(recordsOf(() => {})).toEqual(EMPTY);
  });

  test('hold its end, or that there is none', () => {
    expect(recordsOf((records) => records.endTime(1.5))).toEqual({
      ...EMPTY,
      [`${RUN}/end_time`]: '03000000000000f83f',
    });
    expect(recordsOf((records) => records.endTime(null))).toEqual({ ...EMPTY, [`${RUN}/end_time`]: '00' });
  });

  test('hold its attributes twice, taken apart', () => {
    const attributes: AimDict = new Map<string, Parameters<typeof Map.prototype.set>[1]>([
      ['lr', 0.5],
      ['params', new Map<string, unknown>([['layers', [1n, null]]])],
      ['tags', new Map()],
      ['doc', new AimBlob('x')],
    ]) as AimDict;
    const tree = (at: string) => ({
      [`${at}/lr`]: '03000000000000e03f',
      [`${at}/params/layers`]: '06',
      [`${at}/params/layers/0`]: ONE,
      [`${at}/params/layers/1`]: '00',
      [`${at}/tags`]: EMPTY_DICT,
      [`${at}/doc`]: '',
      [`/BLOBS${at}/doc`]: text('x'),
    });
    expect(recordsOf((records) => records.attributes(attributes))).toEqual({
      ...EMPTY,
      ...tree('/meta/attrs'),
      ...tree(`${RUN}/attrs`),
    });
  });

  const metric = { dtype: text('float'), version: int(2n) };

  function sequenceRecords(context: string, name: string, type: string, catalogue: string, dict: object) {
    return {
      ...Object.fromEntries(
        Object.entries(dict).flatMap(([key, value]) => [
          [`/meta/contexts/${context}${key}`, value],
          [`${RUN}/contexts/${context}${key}`, value],
        ]),
      ),
      [`/meta/traces_types/${type}/${context}/${name}`]: ONE,
      [`${RUN}/typed_traces/${catalogue}/${context}/${name}`]: ONE,
    };
  }

  const trace = (context: string, name: string, fields: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [`${RUN}/traces/${context}/${name}/${key}`, value]),
    );

  test('describe a metric, its context and its ends', () => {
    const summary = { first: 0.5, firstStep: -3n, last: Number.NaN, lastStep: 2n ** 40n, min: -0, max: 0.5 };
    expect(recordsOf((records) => records.metric(sequenceId('val/loss', train), summary))).toEqual({
      ...EMPTY,
      ...sequenceRecords(TRAIN, 'val/loss', 'float', 'metric', { '/subset': text('train') }),
      ...trace(TRAIN, 'val/loss', {
        ...metric,
        first: '03000000000000e03f',
        first_step: int(-3n),
        last: '03000000000000f87f',
        last_step: int(2n ** 40n),
        min: '030000000000000080',
        max: '03000000000000e03f',
      }),
    });
  });

  test('have no extremes of a metric that is all NaN', () => {
    const summary = { first: Number.NaN, firstStep: 0n, last: Number.NaN, lastStep: 0n };
    const found = recordsOf((records) => records.metric(sequenceId('loss', new Map()), summary));
    expect(found).toMatchObject(sequenceRecords(NO_CONTEXT, 'loss', 'float', 'metric', { '': EMPTY_DICT }));
    expect(Object.keys(found).filter((key) => /\/(min|max)$/.test(key))).toEqual([]);
  });

  test.each([
    ['aim.image', 'images', undefined],
    ['list(aim.audio)', 'audios', 3],
    ['aim.log_line', 'sequence', undefined],
  ] as const)('describe a sequence of %s', (dtype, catalogue, recordMaxLength) => {
    const id: SequenceId = sequenceId('größe', new Map());
    const summary = {
      firstStep: 0n,
      lastStep: 7n,
      ...(recordMaxLength !== undefined && { recordMaxLength }),
    };
    expect(recordsOf((records) => records.objects(id, { dtype, catalogue }, summary))).toEqual({
      ...EMPTY,
      ...sequenceRecords(NO_CONTEXT, 'größe', dtype, catalogue, { '': EMPTY_DICT }),
      ...trace(NO_CONTEXT, 'größe', {
        dtype: text(dtype),
        version: ONE,
        first_step: int(0n),
        last_step: int(7n),
        ...(recordMaxLength !== undefined && { record_max_length: int(3n) }),
      }),
    });
  });

  test('list files that stay where they are', () => {
    const found = recordsOf((records) => records.artifact('model/a b.pkl', 's3://bucket/x/model/a%20b.pkl'));
    const at = `${RUN}/artifacts/model/a b.pkl`;
    expect(found).toEqual({
      ...EMPTY,
      [at]: `0f${Buffer.from('aim.artifact').toString('hex')}`,
      [`${at}/name`]: text('model/a b.pkl'),
      [`${at}/path`]: text('model/a b.pkl'),
      [`${at}/base_uri`]: text('s3://bucket/x/model'),
      [`${at}/uri`]: text('s3://bucket/x/model/a%20b.pkl'),
    });
  });
});
