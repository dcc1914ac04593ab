import { describe, expect, test } from '@jest/globals';
import { planLines } from '../../src/report/plan-text.js';
import { textWidth } from '../../src/report/text-width.js';
import { EMPTY_PLAN } from '../cli/fake-io.js';

const LARGE = {
  ...EMPTY_PLAN,
  source: 'https://mlflow.example.org',
  repo: '/data/aim',
  isNewRepository: true,
  experiments: 84,
  deletedExperiments: 2,
  runs: { new: 41_234, changed: 12, unchanged: 300, skipped: 17, failed: 1 },
  skippedRuns: { deleted: 15, 'removed-in-aim': 2 },
  failedRuns: [
    {
      runId: 'a'.repeat(32),
      experiment: 'resnet50',
      code: 'io-error',
      reason: 'It cannot be read: input/output error.',
    },
  ] as const,
  incomplete: 3,
  deleted: { archived: 4, removed: 0, kept: 0 },
  content: {
    ...EMPTY_PLAN.content,
    statuses: { ...EMPTY_PLAN.content.statuses, FINISHED: 41_000, FAILED: 246 },
    metrics: 412_340,
    points: 123_456_789,
    pointsAreEstimate: true,
    links: { files: 5_000, bytes: 8e11 },
  },
  losses: [
    {
      kind: 'artifact-skipped',
      reason: 'no-kind',
      extension: 'pkl',
      runs: 5_000,
      items: 5_000,
      bytes: 8e11,
      names: [`${'deep/'.repeat(20)}model.pkl`],
      isEstimate: false,
    },
    { kind: 'points-collapsed', runs: 900, items: 1_800, points: 54_321, names: ['loss', 'val/acc'], isEstimate: true },
  ] as const,
  traces: { traces: 1_000, more: true },
  seconds: 9_000,
  sampledRuns: 512,
  requirements: {
    disk: { needed: 1.234e10, free: 5e11 },
    inodes: { needed: 329_872, free: 16e6 },
    openFiles: { needed: 41_610, limit: 1024 },
  },
  hasChanges: true,
};

describe('a plan for people', () => {
  test('says of files what a conversion makes of them, and of what is about whole runs no names', () => {
    const artifact = { kind: 'artifact-skipped', runs: 1, isEstimate: false } as const;
    const lines = planLines({
      ...EMPTY_PLAN,
      runs: { ...EMPTY_PLAN.runs, new: 3 },
      content: { ...EMPTY_PLAN.content, images: { files: 25, bytes: 2_000 } },
      losses: [
        { ...artifact, reason: 'not-an-image', extension: 'png', items: 2, names: ['a.png', 'b.png'] },
        { kind: 'stale', runs: 3, items: 3, names: [], isEstimate: true },
      ],
    });
    expect(lines).toContain('  images   25   2.00 kB · 2 of them are no images, and become links');
    expect(lines).toContain('  about 3 runs still RUNNING without a sign of life: closed');
  });

  test('tells what is there, what would be done, what is lost, and what it takes', () => {
    expect(planLines(LARGE)).toEqual([
      'From  https://mlflow.example.org',
      'To    /data/aim, which has no Aim repository yet',
      '',
      'experiments        84   2 deleted in MLflow',
      'runs           41,564',
      '  new          41,234',
      '  changed          12',
      '  unchanged       300',
      '  left out         15   deleted in MLflow (--include-deleted)',
      '  left out          2   removed in Aim (--restore-removed)',
      '  unreadable        1',
      'to archive          4   deleted in MLflow since they were converted',
      '',
      'Run aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa of resnet50 cannot be read: It cannot be',
      '  read: input/output error.',
      '3 runs cannot be read completely; what can be read is converted, and the exit',
      '  code is 3.',
      '',
      'To be converted:',
      '  runs                 41,246   41,000 finished · 246 failed',
      '  metrics             412,340',
      '  points    about 120,000,000',
      '  links                 5,000   files that stay in MLflow, 800 GB',
      '',
      'What Aim cannot hold:',
      '  5,000 .pkl files (800 GB) stay in MLflow as links, in 5,000 runs, such as',
      `    ${'deep/'.repeat(20)}model.pkl`,
      '  about 54,321 points of 1,800 metrics give way to later ones at the same step,',
      '    in 900 runs, such as loss, val/acc',
      '  1,000 or more traces stay in MLflow.',
      '',
      'It takes:',
      '  time         about 2.5 hours   measured by converting 512 runs',
      '  disk           about 12.3 GB   500 GB are free',
      '  files          about 330,000   16,000,000 are free',
      '  open files      up to 41,610   in aim up · ulimit -n is 1,024',
      '',
      'Nothing was written. mlflow2aim convert with the same flags does this.',
    ]);
  });

  test('has no line of more than 80 columns but for a name that is longer', () => {
    const wide = planLines(LARGE).filter((line) => textWidth(line) > 80);
    expect(wide).toEqual([`    ${'deep/'.repeat(20)}model.pkl`]);
  });

  test('says in one line that there is nothing to do', () => {
    const lines = planLines({ ...EMPTY_PLAN, runs: { ...EMPTY_PLAN.runs, unchanged: 7 } });
    expect(lines.slice(-1)).toEqual(['Nothing has changed: a conversion would write nothing.']);
    expect(lines.join('\n')).not.toContain('It takes');
  });

  test.each([
    [3, 'less than 10 seconds'],
    [31, 'about 35 seconds'],
    [70, 'about a minute'],
    [170, 'about 3 minutes'],
    [3_600, 'about an hour'],
    [50_000, 'about 14 hours'],
    [200_000, 'about 2.5 days'],
  ])('%d seconds are "%s"', (seconds, words) => {
    expect(planLines({ ...LARGE, seconds }).find((line) => line.includes('time '))).toContain(` ${words} `);
  });
});
