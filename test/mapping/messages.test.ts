import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimValue } from '../../src/aim/value.js';
import { lossMessages } from '../../src/mapping/messages.js';
import type { Notice } from '../../src/model.js';

const skipped = (path: string, reason: 'no-kind' | 'too-large' | 'not-an-image' | 'unreadable'): Notice => ({
  kind: 'artifact-skipped',
  path,
  reason,
  detail: 'whatever',
});

describe('lossMessages', () => {
  test('nothing lost, nothing said', () => {
    expect(lossMessages([])).toEqual([]);
  });

  test('one message for each kind of event, in a fixed order', () => {
    const notices: Notice[] = [
      { kind: 'text-replaced', path: 'latin1.txt' },
      skipped('b.pkl', 'no-kind'),
      skipped('a.png', 'not-an-image'),
      skipped('a.pkl', 'no-kind'),
      { kind: 'points-collapsed', metric: 'loss', points: 30 },
      { kind: 'points-collapsed', metric: 'acc', points: 1 },
      { kind: 'metric-renumbered', metric: 'f1', points: 10 },
      { kind: 'line-skipped', metric: 'loss', file: '/x/metrics/loss', line: 7, reason: 'no number' },
      { kind: 'field-unreadable', field: 'start_time', file: '/x/meta.yaml', detail: 'no number' },
      { kind: 'artifacts-unreachable', uri: 's3://gone/1', detail: 'NoSuchBucket' },
      { kind: 'stale', lastSign: 1_700_000_000_500 },
    ];
    expect(lossMessages(notices)).toEqual([
      message(
        'The run said RUNNING without a sign of life for too long; it was closed at the last one, 2023-11-14T22:13:20.500Z.',
        { event: 'stale', last_sign: 1_700_000_000.5 },
      ),
      message('1 field could not be read: start_time.', { event: 'field-unreadable', fields: 1n }),
      message('1 metric line could not be parsed and was skipped: loss line 7.', {
        event: 'line-skipped',
        lines: 1n,
        metrics: 1n,
      }),
      message(
        '31 points of 2 metrics shared a step with a later point, and Aim holds one for each step: acc (1), loss (30).',
        { event: 'points-collapsed', points: 31n, metrics: 2n },
      ),
      message('The steps of 1 metric were replaced by 0, 1, 2 … in order of arrival: f1 (10 points).', {
        event: 'metric-renumbered',
        points: 10n,
        metrics: 1n,
      }),
      message(
        '3 artifacts were not transferred and stayed in MLflow: a.pkl (no kind that Aim shows), a.png (not an image that Aim shows), b.pkl (no kind that Aim shows).',
        { event: 'artifact-skipped', artifacts: 3n, 'no-kind': 2n, 'not-an-image': 1n },
      ),
      message('The artifacts could not be reached at s3://gone/1.', { event: 'artifacts-unreachable', places: 1n }),
      message('1 text file held bytes that are not UTF-8, which were replaced: latin1.txt.', {
        event: 'text-replaced',
        files: 1n,
      }),
    ]);
  });

  test('is bounded however much was lost', () => {
    const notices = Array.from({ length: 5000 }, (_, i) =>
      skipped(`${String(i).padStart(4, '0')}${'x'.repeat(1000)}`, 'too-large'),
    );
    const [only] = lossMessages(notices);
    expect(only!.message).toMatch(/^5000 artifacts .*0000x.* and 4980 more\.$/);
    expect(only!.message.length).toBeLessThan(6000);
    expect(only!.args.get('artifacts')).toBe(5000n);
  });

  test('says the same in whatever order it hears it', () => {
    const name = fc.string({ unit: 'binary', maxLength: 5 });
    const notice: fc.Arbitrary<Notice> = fc.oneof(
      fc.record({ kind: fc.constant('points-collapsed' as const), metric: name, points: fc.nat() }),
      fc.record({ kind: fc.constant('metric-renumbered' as const), metric: name, points: fc.nat() }),
      fc.record({ kind: fc.constant('text-replaced' as const), path: name }),
      fc
        .tuple(name, fc.constantFrom('no-kind' as const, 'unreadable' as const))
        .map(([path, reason]) => skipped(path, reason)),
    );
    const shuffled = fc
      .array(notice, { maxLength: 60 })
      .chain((notices) => fc.tuple(fc.constant(notices), fc.shuffledSubarray(notices, { minLength: notices.length })));
    fc.assert(
      fc.property(shuffled, ([notices, others]) => {
        expect(lossMessages(others)).toEqual(lossMessages(notices));
      }),
    );
  });
});

function message(text: string, args: Record<string, AimValue>) {
  return { message: text, args: new Map(Object.entries(args)) };
}
