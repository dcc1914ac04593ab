import { expect, test } from '@jest/globals';
import { requirements, shortages } from '../../src/plan/requirements.js';
import { startCommand } from '../support/command-line.js';
import { newStore } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const ENOUGH = {
  disk: { needed: 1e9, free: 2e9 },
  inodes: { needed: 1_000, free: 2_000 },
  openFiles: { needed: 500, limit: 1_024 },
};

test('nothing is said where all suffices, or no limit is known', () => {
  expect(shortages(ENOUGH, '/aim')).toEqual([]);
  const unlimited = { ...ENOUGH, inodes: { needed: 1e9 }, openFiles: { needed: 1e9 } };
  expect(shortages(unlimited, '/aim')).toEqual([]);
});

test('each thing that does not suffice is told with what to do', () => {
  const told = shortages(
    {
      disk: { needed: 3e9, free: 2e9 },
      inodes: { needed: 3_000, free: 2_000 },
      openFiles: { needed: 41_000, limit: 1_024 },
    },
    '/aim',
  );
  expect(told).toEqual([
    {
      code: 'disk-too-small',
      message: '/aim needs about 3.0 GB, and only 2.0 GB are free there. Choose another --repo, or select less.',
    },
    {
      code: 'too-few-inodes',
      message:
        '/aim needs about 3,000 files, and its file system can hold 2,000 more. Choose another --repo, or select less.',
    },
    {
      code: 'open-files-limit',
      message:
        'aim up will keep about 41,000 files open, one for each run, and the limit here is 1,024: ' +
        'say ulimit -n 65536 before you start it, or raise the limit of its service.',
    },
  ]);
});

test('a small disk is told in small units', () => {
  const [told] = shortages({ ...ENOUGH, disk: { needed: 2_200_000, free: 16_400 } }, '/aim');
  expect(told!.message).toMatch(/needs about 2\.2 MB, and only 16\.4 kB are free/);
});

test('what is free is that of the nearest directory above that is there', () => {
  const { disk } = requirements(
    `${temporaryDirectory()}/not/there/yet`,
    { bytes: 1, inodes: 1 },
    { existing: undefined, newRuns: 1 },
  );
  expect(disk.free).toBeGreaterThan(1e6);
});

test('the limit of open files is that of the shell, which aim up has as well', async () => {
  const store = newStore();
  store.run('1', { runId: '0'.repeat(32) });
  const shell = ['bash', '-c', 'ulimit -S -n 64; "$@"; exit $?', 'bash'] as const;
  const ended = await startCommand(shell, ['plan', store.root, temporaryDirectory()]).ended;
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain('and the limit here is 64: say ulimit -n 128');
});
