import { beforeEach, describe, expect, test } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { ConvertError } from '../../src/errors.js';
import { EMPTY_PLAN, FakeIo } from './fake-io.js';

let io: FakeIo;
beforeEach(() => {
  io = new FakeIo();
});

const CHANGES = { ...EMPTY_PLAN, hasChanges: true, runs: { ...EMPTY_PLAN.runs, new: 1 } };

describe('plan', () => {
  test('hands the options of a conversion on', async () => {
    let asked: unknown;
    io.plan = async (options) => {
      asked = options;
      return EMPTY_PLAN;
    };
    expect(await main(['plan', 'a-store', 'a-repo', '--experiment', 'mnist', '--raw-params'], io)).toBe(0);
    expect(asked).toMatchObject({
      trackingUri: 'a-store',
      repo: 'a-repo',
      selection: { experiments: ['mnist'] },
      mapping: { rawParams: true },
    });
    expect(io.stdout.text).toContain('Nothing has changed');
  });

  test('is the same as convert --dry-run', async () => {
    const asked: unknown[] = [];
    io.plan = async (options) => {
      asked.push(options);
      return CHANGES;
    };
    const flags = ['--tracking_uri', 'a-store', '--repo', 'r', '--max-text-size', '1MB', '--json'];
    await main(['plan', ...flags], io);
    await main(['convert', '--dry-run', ...flags], io);
    expect(asked[0]).toEqual(asked[1]);
    const [first, second] = io.stdout.text.split(/(?<=^\}\n)/m);
    expect(first).toBe(second);
    expect(JSON.parse(first!)).toEqual(CHANGES);
  });

  test.each([
    [CHANGES, [], 0],
    [CHANGES, ['--detailed-exitcode'], 5],
    [EMPTY_PLAN, ['--detailed-exitcode'], 0],
  ])('ends with the exit code that the changes ask for (%#)', async (plan, flags, code) => {
    io.plan = async () => plan;
    expect(await main(['plan', 'a-store', ...flags], io)).toBe(code);
  });

  test('tells warnings at the end, on stderr', async () => {
    const message = 'Too few files.';
    io.plan = async () => ({ ...CHANGES, warnings: [{ code: 'too-few-inodes', message }] });
    await main(['plan', 'a-store'], io);
    expect(io.stderr.text).toBe(`warning: ${message}\n`);
  });

  test('ends with 1 and a sentence where no plan can be made', async () => {
    io.plan = async () => {
      throw new ConvertError('fatal', 'source-not-found', 'There is no store.');
    };
    expect(await main(['plan', 'a-store'], io)).toBe(1);
    expect(io.stderr.text).toBe('error: There is no store.\n');
  });

  test('is interrupted by a signal, and says that nothing was written', async () => {
    io.plan = async (_options, _events, signal) => {
      io.signals.emit('SIGINT');
      throw signal.reason;
    };
    expect(await main(['plan', 'a-store'], io)).toBe(130);
    expect(io.stderr.text).toBe('Interrupted. Nothing was written.\n');
  });

  test.each([
    [['convert', '--dry-run', '--report', 'r.json'], '--report cannot be used with --dry-run'],
    [['convert', '--dry-run', '--watch'], '--watch cannot be used with --dry-run'],
    [['convert', '--json'], '--json requires --dry-run.'],
    [['convert', '--detailed-exitcode'], '--detailed-exitcode requires --dry-run.'],
    [['sync', '--dry-run'], "unknown option '--dry-run'"],
  ])('%j is a usage error', async (argv, message) => {
    expect(await main(argv, io)).toBe(2);
    expect(io.stderr.text).toContain(message);
  });
});

describe('list', () => {
  const source = 'a-store';
  const experiments = [
    { id: '0', name: 'Default', lifecycleStage: 'active', runs: 0, deletedRuns: 0, unreadableRuns: 0 },
    {
      id: '415238964142325618',
      name: 'resnet50',
      lifecycleStage: 'deleted',
      runs: 1_234,
      deletedRuns: 2,
      unreadableRuns: 0,
      lastChange: Date.UTC(2026, 0, 2, 3, 4, 5),
    },
  ] as const;

  test('shows a table', async () => {
    io.list = async () => ({ source, experiments });
    expect(await main(['list', source], io)).toBe(0);
    expect(io.stdout.text.split('\n')).toEqual([
      'ID                   RUNS  LAST CHANGE (UTC)  NAME',
      '0                       0  –                  Default',
      '415238964142325618  1,234  2026-01-02 03:04   resnet50  (deleted, 2 deleted runs)',
      '',
    ]);
  });

  test('prints JSON', async () => {
    io.list = async () => ({ source, experiments });
    await main(['list', '--tracking_uri', source, '--json'], io);
    expect(JSON.parse(io.stdout.text)).toEqual({
      source,
      experiments: [
        { ...experiments[0], lastChange: null },
        { ...experiments[1], lastChange: '2026-01-02T03:04:05.000Z' },
      ],
    });
  });

  test('ends with 3 when an experiment cannot be read', async () => {
    io.list = async (_options, events) => {
      events.emit('experiment:failed', { id: '1', code: 'io-error', message: 'It broke.' });
      return { source, experiments: [] };
    };
    expect(await main(['list', '--tracking_uri', source], io)).toBe(3);
    expect(io.stderr.text).toBe('error: It broke.\n');
  });
});
