import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { makeRun } from '../report/make-run.js';
import { temporaryDirectory } from '../support/temporary.js';
import { FakeIo } from './fake-io.js';

let io: FakeIo;
let directory: string;
let file: string;

beforeEach(() => {
  io = new FakeIo();
  directory = temporaryDirectory();
  file = join(directory, 'mlflow2aim.log');
  io.convert = async (_options, events) => {
    events.emit('run:done', makeRun());
    events.emit('publish', { runs: 1 });
  };
});

/** The names of the events in a log. */
function events(text: string): string[] {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => (JSON.parse(line) as { event: string }).event);
}

const logged = (path = file) => events(readFileSync(path, 'utf8'));

describe('--log-file', () => {
  test('gets the JSON log, appended to what is there; the terminal shows what it shows without', async () => {
    await io.run();
    const shown = { stdout: io.stdout.text, stderr: io.stderr.text };
    io.stdout.text = '';
    expect(await io.run('--log-file', file)).toBe(0);
    const withoutTime = (text: string) => text.replace(/^time .*$/m, '');
    expect(withoutTime(io.stdout.text)).toBe(withoutTime(shown.stdout));
    expect(io.stderr.text).toBe(shown.stderr);
    expect(logged()).toEqual(['run', 'publish', 'summary']);
    await io.run('--log-file', file);
    expect(logged()).toEqual(['run', 'publish', 'summary', 'run', 'publish', 'summary']);
  });

  test('has what stdout has with --log-format json, and all of it with --quiet', async () => {
    await io.run('--log-format', 'json', '--log-file', file);
    expect(logged()).toEqual(events(io.stdout.text));
    io.stdout.text = '';
    await io.run('--quiet', '--log-file', file);
    expect(io.stdout.text).toBe('');
    expect(logged()).toHaveLength(6);
  });

  test('tells of an error', async () => {
    io.convert = async () => {
      throw new Error('It broke.');
    };
    expect(await io.run('--log-file', file)).toBe(1);
    expect(logged()).toEqual(['error', 'summary']);
  });

  test('is opened anew on SIGHUP, as long as the conversion lasts', async () => {
    const old = join(directory, 'old.log');
    io.convert = async (_options, emitter) => {
      emitter.emit('run:done', makeRun());
      renameSync(file, old);
      io.signals.emit('SIGHUP');
      emitter.emit('publish', { runs: 1 });
    };
    await io.run('--log-file', file);
    expect([logged(old), logged()]).toEqual([['run'], ['publish', 'summary']]);
    expect(io.signals.listenerCount('SIGHUP')).toBe(0);
  });

  test('is gone on with where it cannot be opened anew, with a warning', async () => {
    const moved = join(directory, 'moved');
    const inside = join(directory, 'logs', 'a.log');
    mkdirSync(join(directory, 'logs'));
    io.convert = async (_options, emitter) => {
      renameSync(join(directory, 'logs'), moved);
      io.signals.emit('SIGHUP');
      emitter.emit('publish', { runs: 1 });
    };
    expect(await io.run('--log-file', inside)).toBe(0);
    expect(io.stderr.text).toBe(`warning: The log file ${inside} cannot be created: its directory does not exist.\n`);
    expect(logged(join(moved, 'a.log'))).toEqual(['publish', 'summary']);
  });

  test('logs a verification as well', async () => {
    io.verify = async (_options, emitter) => {
      emitter.emit('start', { repo: '.' });
      io.signals.emit('SIGHUP');
    };
    expect(await main(['verify', 'a-store', '--quiet', '--log-file', file], io)).toBe(0);
    expect(logged()).toEqual(['start', 'summary']);
    expect(io.stdout.text + io.stderr.text).toBe('');
    expect(io.signals.listenerCount('SIGHUP')).toBe(0);
  });

  test('leaves SIGHUP alone on a terminal, where it says that this is closed', async () => {
    io.stderr.isTTY = true;
    io.convert = async () => expect(io.signals.listenerCount('SIGHUP')).toBe(0);
    expect(await io.run('--log-file', file)).toBe(0);
  });

  test('is told once when the disk is full, and the exit code is 3', async () => {
    if (!existsSync('/dev/full')) return;
    expect(await io.run('--log-file', '/dev/full')).toBe(3);
    expect(io.stderr.text.match(/^warning: /gm)).toHaveLength(1);
    expect(io.stderr.text).toContain('The log file /dev/full could not be written: no space left.');
    expect(io.stdout.text).toMatch(/^runs +1/m);
  });

  test.each<[string, () => string, string]>([
    ['a directory', () => directory, 'is a directory'],
    ['in no directory', () => join(directory, 'none', 'a.log'), 'cannot be created: its directory does not exist.'],
    ['a FIFO', () => fifo(), 'is not a file.'],
    ['in a directory of MLflow', () => inStore(), 'would lie in the MLflow store'],
  ])('is refused before any work when it is %s', async (_what, path, sentence) => {
    let worked = false;
    io.convert = async () => {
      worked = true;
    };
    const where = path();
    expect(await io.run('--log-file', where)).toBe(1);
    expect(io.stderr.text).toContain(`error: The log file ${where} `);
    expect(io.stderr.text).toContain(sentence);
    expect(worked).toBe(false);
  });
});

function fifo(): string {
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function inStore(): string {
  mkdirSync(join(directory, '0'));
  writeFileSync(
    join(directory, '0', 'meta.yaml'),
    'experiment_id: "0"\nname: Default\nartifact_location: x\nlifecycle_stage: active\n',
  );
  return join(directory, 'a.log');
}
