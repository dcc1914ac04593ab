import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { LockWait } from '../../src/sqlite/lock-wait.js';
import { convert, type Started, startCli } from '../support/command-line.js';
import { fillWithExamples } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { repositoryState } from '../support/repository-state.js';
import { until } from '../support/until.js';

let store: FileStoreBuilder;
let repo: string;
let other: DatabaseSyncInstance | undefined;
beforeEach(async () => {
  store = fillWithExamples(new FileStoreBuilder());
  repo = join(store.parent, 'repo');
  await convert(store.root, repo, ['--experiment', '1']);
});
afterEach(() => {
  other?.close();
  store.remove();
});

/** As another program does that holds one of the databases. */
function hold(file: string, how: string): void {
  other = new DatabaseSync(join(repo, '.aim', file));
  other.exec(how);
}

const begin = () => startCli(['convert', '--tracking-uri', store.root, '--repo', repo, '--raw-params']);

/** Whether a process has this file open. */
function hasOpen(pid: number | undefined, path: string): boolean {
  const links = `/proc/${pid}/fd`;
  return readdirSync(links).some((fd) => {
    try {
      return readlinkSync(join(links, fd)) === path;
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** Ends it by signals while it waits for `file`, and gives how it ended and in how many milliseconds. */
async function interrupted({ child, ended }: Started, file: string, signals: readonly NodeJS.Signals[]) {
  const path = join(realpathSync(repo), '.aim', file);
  await until(`the command has ${file} open`, () => hasOpen(child.pid, path));
  const since = performance.now();
  for (const signal of signals) {
    child.kill(signal);
    if (signals.length > 1) await delay(300);
  }
  const { code } = await ended;
  return { code, took: performance.now() - since };
}

describe('while another program holds a database', () => {
  test.each([
    ['run_metadata.sqlite', 'BEGIN EXCLUSIVE'],
    ['run_metadata.sqlite', 'BEGIN IMMEDIATE'],
    ['mlflow2aim.sqlite', 'BEGIN EXCLUSIVE'],
  ])('(%s, %s) one SIGTERM ends the conversion within five seconds', async (file, how) => {
    hold(file, how);
    const { code, took } = await interrupted(begin(), file, ['SIGTERM']);
    expect(code).toBe(143);
    expect(took).toBeLessThan(5000);
  });

  test('two end it at once', async () => {
    hold('run_metadata.sqlite', 'BEGIN EXCLUSIVE');
    const { code, took } = await interrupted(begin(), 'run_metadata.sqlite', ['SIGTERM', 'SIGTERM']);
    expect(code).toBe(143);
    expect(took).toBeLessThan(2000);
  });

  test('it is waited for, and then all is done', async () => {
    hold('run_metadata.sqlite', 'BEGIN EXCLUSIVE');
    const { ended } = begin();
    await delay(3000);
    other?.exec('ROLLBACK');
    expect(await ended).toMatchObject({ code: 0 });
    expect(repositoryState(repo).rows).toHaveLength(3);
  });
});

test('after so long the error says who was waited for', async () => {
  hold('run_metadata.sqlite', 'BEGIN EXCLUSIVE');
  const one = new DatabaseSync(join(repo, '.aim', 'run_metadata.sqlite'), { timeout: 10 });
  await expect(new LockWait(200).retry(() => one.exec('BEGIN IMMEDIATE'))).rejects.toThrow('database is locked');
  one.close();
});
