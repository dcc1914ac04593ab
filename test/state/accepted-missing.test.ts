import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { AcceptedMissing, type PlacedRun } from '../../src/state/accepted-missing.js';
import { makeRun } from '../report/make-run.js';
import { temporaryDirectory } from '../support/temporary.js';

const artifacts = { part: 'artifacts', why: 'It is gone.' } as const;
const params = { part: 'params', item: 'lr', why: 'No rights.' } as const;
const RUN: PlacedRun = {
  runId: 'abc',
  unread: [artifacts, params],
  places: { directory: '/data/mlruns/1/abc', artifacts: 's3://bucket/1/abc/artifacts' },
};

const leftAfter = (...accept: string[]) =>
  AcceptedMissing.remember(join(temporaryDirectory(), 'ledger'), { accept, unaccept: [] }).left(RUN);

test.each([['abc'], ['/data/mlruns/1/abc'], ['/data/mlruns/'], ['file:///data'], ['/']])(
  '%s means all of the run',
  (name) => expect(leftAfter(name)).toEqual([]),
);

test.each([
  ['s3://bucket'],
  ['s3://bucket/1/'],
  ['s3://bucket/1/abc/artifacts'],
  ['s3://'],
  ['s3://key:secret@bucket/1'],
])('%s means its artifacts alone', (name) => expect(leftAfter(name)).toEqual([params]));

test.each([
  ['ab'],
  ['/data/mlrun'],
  ['/data/mlruns/1/abc/params'],
  ['s3://buck'],
  ['gs://bucket'],
  ['s3://bucket/1/ab'],
])('%s means another', (name) => expect(leftAfter(name)).toEqual([artifacts, params]));

test('of what is accepted nothing is told, of the rest all', () => {
  const gone = { kind: 'artifacts-unreachable', uri: 's3://bucket/1/abc/artifacts', detail: 'It is gone.' } as const;
  const unreadable = {
    kind: 'field-unreadable',
    field: 'lr',
    file: 'lr',
    detail: 'No rights.',
    unread: params,
  } as const;
  const other = { kind: 'text-replaced', path: 'a.txt' } as const;
  const report = makeRun({ notices: [gone, unreadable, other], incomplete: [artifacts, params] });
  const toldAfter = (...accept: string[]) =>
    AcceptedMissing.remember(join(temporaryDirectory(), 'ledger'), { accept, unaccept: [] }).told(report, RUN);
  expect(toldAfter()).toEqual(report);
  expect(toldAfter('s3://bucket')).toEqual({ ...report, notices: [unreadable, other], incomplete: [params] });
  const { incomplete: _, ...whole } = report;
  expect(toldAfter('abc')).toEqual({ ...whole, notices: [other] });
});

test('several add up, and are remembered until they are taken back', () => {
  const file = join(temporaryDirectory(), 'ledger');
  const none = { accept: [], unaccept: [] };
  AcceptedMissing.remember(file, { accept: ['s3://bucket/', 'x'], unaccept: [] });
  AcceptedMissing.remember(file, { accept: ['./mlruns/../gone', 'x'], unaccept: [] });
  expect(AcceptedMissing.remember(file, none).names).toEqual([join(process.cwd(), 'gone'), 's3://bucket', 'x']);
  AcceptedMissing.remember(file, { accept: [], unaccept: ['s3://bucket', join(process.cwd(), 'gone'), 'never'] });
  expect(AcceptedMissing.remember(file, none).names).toEqual(['x']);
});
