import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { RepositoryLock } from '../../src/aim/repository-lock.js';
import { built, type Started, startScript } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

let file: string;
beforeEach(() => {
  file = join(temporaryDirectory(), 'mlflow2aim.lock');
});

/** The script of a process that takes the lock and then does what it is told. */
const taker = (then: string) => `
  const { RepositoryLock } = await import(${JSON.stringify(built('aim/repository-lock.js'))});
  const take = (file) => {
    try { return RepositoryLock.take(file); }
    catch ({ name, kind, message, hint, sentence }) {
      console.log(JSON.stringify({ name, kind, message, hint, sentence, pid: process.pid }));
    }
  };
  const lock = take(${JSON.stringify(file)});
  if (lock !== undefined) console.log('taken');
  ${then}`;

interface Refusal {
  readonly name: string;
  readonly kind: string;
  readonly message: string;
  readonly hint?: string;
  readonly sentence?: string;
  /** Of the process that was refused. */
  readonly pid: number;
}

/** What another process is told that wants the lock; fails when it is given to it. */
async function refusal(then = ''): Promise<Refusal> {
  const { stdout } = await startScript(taker(then)).ended;
  const said = stdout.split('\n').find((line) => line.startsWith('{'));
  if (said === undefined) throw new Error('The lock was given.');
  return JSON.parse(said) as Refusal;
}

/** A process that holds the lock until it is killed. */
async function holder(): Promise<Started> {
  const process = startScript(taker('globalThis.held = lock; setInterval(() => {}, 1000);'));
  await process.line((line) => line === 'taken');
  return process;
}

test('a lock that is held is refused to another process, with who holds it', async () => {
  const { child } = await holder();
  expect(await refusal()).toMatchObject({
    name: 'ConvertError',
    kind: 'fatal',
    message: `mlflow2aim with process id ${child.pid} on ${hostname()} is writing this repository.`,
    hint: 'Wait until it is done, or stop it, and run again.',
  });
});

test('a process that is killed gives its lock back', async () => {
  for (let i = 0; i < 2; i++) {
    const { child, ended } = await holder();
    child.kill('SIGKILL');
    await ended;
  }
  RepositoryLock.take(file).release();
});

test('it works within one process too, and again after it was released', async () => {
  const twice = `take(${JSON.stringify(file)}); lock.release(); take(${JSON.stringify(file)}).release();`;
  const { message, pid } = await refusal(twice);
  expect(message).toContain(`process id ${pid} on ${hostname()}`);
  const lock = RepositoryLock.take(file);
  expect((await refusal()).message).toContain(`process id ${process.pid}`);
  lock.release();
  RepositoryLock.take(file).release();
});

test('locks of different repositories have nothing to do with each other', () => {
  const [one, other] = [RepositoryLock.take(file), RepositoryLock.take(`${file}2`)];
  one.release();
  other.release();
});

test('a file that is no lock is named and left as it is', async () => {
  writeFileSync(file, 'x'.repeat(1000));
  expect(await refusal()).toMatchObject({ kind: 'fatal', sentence: expect.stringContaining(file) });
  expect(readFileSync(file, 'latin1')).toBe('x'.repeat(1000));
});

test('a lock file that cannot be made is a sentence that names it', async () => {
  file = join(file, 'no', 'such', 'directory');
  expect(await refusal()).toMatchObject({
    name: 'ConvertError',
    kind: 'fatal',
    sentence: expect.stringContaining(file),
  });
});
