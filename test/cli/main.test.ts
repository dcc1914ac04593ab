import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { ConvertError } from '../../src/errors.js';
import type { ConvertEvents } from '../../src/events.js';
import { makeRun } from '../report/make-run.js';
import { FakeIo } from './fake-io.js';

let io: FakeIo;
let directory: string;

beforeEach(() => {
  io = new FakeIo();
  directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-cli-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A conversion of one good run, and of one that fails. */
async function oneFails(_options: unknown, events: ConvertEvents): Promise<void> {
  events.emit('start', { source: 'a-store', repo: '.' });
  events.emit('experiment', { id: '1', name: 'resnet50', runs: 2 });
  events.emit('run:done', makeRun({ notices: [{ kind: 'text-replaced', path: 'log.txt' }] }));
  events.emit('run:done', makeRun({ outcome: 'failed', runId: 'bad', reason: 'It broke.' }));
  events.emit('publish', { runs: 1 });
}

/** Runs until it is stopped, sending itself `signals`, and then rejects as told. */
function stoppedBy(signals: readonly string[], rejection?: Error): FakeIo['convert'] {
  return async (_options, events, signal) => {
    events.emit('run:done', makeRun());
    for (const name of signals) io.signals.emit(name);
    expect(signal.aborted).toBe(true);
    throw rejection ?? signal.reason;
  };
}

describe('the exit code', () => {
  test('is 0 when all is done, and the table is on stdout', async () => {
    io.convert = async (_options, events) => void events.emit('run:done', makeRun());
    expect(await io.run()).toBe(0);
    expect(io.stdout.text).toMatch(/^runs +1 +1 new · 0 updated/m);
    expect(io.stderr.text).toBe('');
  });

  test('is 3 when some runs failed, and they are named', async () => {
    io.convert = oneFails;
    expect(await io.run()).toBe(3);
    expect(io.stdout.text).toContain('1 run failed');
    expect(io.stdout.text).toContain('bad of resnet50: It broke.');
    expect(io.stderr.text).toMatch(/^warning: Run .*log\.txt\.\n$/);
  });

  test('is 3 when something of a run could not be read, also of one that is as it was', async () => {
    const incomplete = [{ part: 'artifacts', why: 'It is gone.' } as const];
    io.convert = async (_options, events) =>
      void events.emit('run:done', makeRun({ outcome: 'unchanged', incomplete }));
    expect(await io.run()).toBe(3);
    expect(io.stdout.text).toMatch(/^incomplete +1 +artifacts of 1 run ·/m);
    expect(io.stdout.text).toContain('--accept-missing RUN_ID|URI');
  });

  test('is 1 when nothing could be done, and one sentence says why', async () => {
    io.convert = async () => {
      throw new ConvertError('fatal', 'unexpected', 'The store is of another kind.', {
        where: 'x.db',
        hint: 'Give another.',
      });
    };
    expect(await io.run()).toBe(1);
    expect(io.stderr.text).toBe('error: The store is of another kind. (x.db) Give another.\n');
    expect(io.stdout.text).toBe('');
  });

  test('is 1 for a bug; the stack is shown on demand', async () => {
    io.convert = async () => {
      throw new TypeError('x is not a function');
    };
    expect(await io.run()).toBe(1);
    expect(io.stderr.text).toMatch(/^error: .*x is not a function\. Please report this, .* MLFLOW2AIM_DEBUG=1 .*\n$/);
    io.env = { MLFLOW2AIM_DEBUG: '1' };
    await io.run();
    expect(io.stderr.text).toContain('main.test.ts');
  });

  test('is 1 when the guessed source is not there', async () => {
    const before = process.cwd();
    process.chdir(directory);
    expect(await main(['convert'], io)).toBe(1);
    process.chdir(before);
    expect(io.stderr.text).toMatch(/^error: No tracking URI was given, .* MLFLOW_TRACKING_URI to .*\.\n$/);
  });

  test('is 2 for usage errors', async () => {
    expect(await io.run('--no-such-flag')).toBe(2);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('after %s is %p, and what was done is told', async (name, code) => {
    io.convert = stoppedBy([name]);
    expect(await io.run()).toBe(code);
    expect(io.stderr.text).toMatch(/^Stopping .*\nInterrupted\. .* run the same command again/);
    expect(io.stdout.text).toMatch(/^runs +1/m);
    expect(io.exits).toEqual([]);
  });

  test('after a signal does not depend on what breaks while stopping', async () => {
    io.convert = stoppedBy(['SIGINT'], new Error('Premature close'));
    expect(await io.run()).toBe(130);
    const cause = Object.assign(new Error('aborted'), { name: 'AbortError' });
    io.convert = stoppedBy(['SIGINT'], new ConvertError('skip-run', 'unexpected', 'aborted.', { cause }));
    expect(await io.run()).toBe(130);
    io.convert = stoppedBy(['SIGINT'], new ConvertError('fatal', 'no-space', 'No space is left.'));
    expect(await io.run()).toBe(1);
  });

  test('is that of a finished conversion when the signal came too late', async () => {
    io.convert = async () => void io.signals.emit('SIGINT');
    expect(await io.run()).toBe(0);
  });
});

describe('signals', () => {
  test('the second one ends the process at once, with the report written', async () => {
    const report = join(directory, 'report.json');
    io.convert = async (_options, events, signal) => {
      events.emit('run:done', makeRun());
      io.signals.emit('SIGTERM');
      io.signals.emit('SIGINT');
      expect(io.exits).toEqual([143]);
      expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ interrupted: true, runs: [{ outcome: 'new' }] });
      throw signal.reason;
    };
    expect(await io.run('--report', report)).toBe(143);
    expect(io.stdout.text.match(/^runs /gm)).toHaveLength(1);
  });

  test('are left to the process afterwards', async () => {
    await io.run();
    expect(io.signals.listenerCount('SIGINT') + io.signals.listenerCount('SIGTERM')).toBe(0);
  });
});

describe('--report', () => {
  test('may be given several times, each in its own format, and not twice for one file', async () => {
    const [json, page] = [join(directory, 'r.json'), join(directory, 'r.html')];
    io.convert = async (_options, events) => {
      events.emit('run:done', makeRun());
    };
    expect(await io.run('--report', json, '--report', page)).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ runs: [{ outcome: 'new' }] });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/i);
    expect(await io.run('--report', json, '--report', json)).toBe(2);
    expect(io.stderr.text).toContain(`--report ${json} is given twice.`);
  });

  test('is refused before any work when it cannot be written', async () => {
    let worked = false;
    io.convert = async () => {
      worked = true;
    };
    expect(await io.run('--report', join(directory, 'none', 'r.json'))).toBe(1);
    expect(io.stderr.text).toMatch(/^error: The report cannot be written to .*\n$/);
    expect(worked).toBe(false);
  });

  test('is written after a fatal error too', async () => {
    const report = join(directory, 'report.json');
    io.convert = async (_options, events) => {
      events.emit('run:done', makeRun());
      throw new ConvertError('fatal', 'no-space', 'No space is left.');
    };
    expect(await io.run('--report', report)).toBe(1);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      error: { code: 'no-space', message: 'No space is left.' },
      runs: [{}],
    });
    expect(io.stdout.text).toMatch(/^runs +1/m);
  });
});

describe('--quiet', () => {
  test('prints failed runs only', async () => {
    io.convert = oneFails;
    expect(await io.run('--quiet')).toBe(3);
    expect(io.stdout.text).toBe('');
    expect(io.stderr.text).toBe('1 run failed and was left as it was:\n  bad of resnet50: It broke.\n');
  });

  test('prints that an experiment could not be read, which is not all done', async () => {
    io.convert = async (_options, events) =>
      void events.emit('experiment:failed', { id: '1', code: 'io-error', message: 'Experiment 1 cannot be read.' });
    expect(await io.run('--quiet')).toBe(3);
    expect(io.stderr.text).toBe('error: Experiment 1 cannot be read.\n');
    expect(io.stdout.text).toBe('');
  });

  test('names ten of the experiments that could not be read', async () => {
    io.convert = async (_options, events) => {
      for (let id = 1; id <= 100; id++) {
        events.emit('experiment:failed', {
          id: `${id}`,
          code: 'io-error',
          message: `Experiment ${id} cannot be read.`,
        });
      }
    };
    expect(await io.run('--quiet')).toBe(3);
    const lines = io.stderr.text.trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('error: More experiments could not be read; mlflow2aim status names them.');
  });

  test('prints nothing when nothing went wrong', async () => {
    io.stderr.isTTY = true;
    io.convert = async (_options, events) => void events.emit('run:done', makeRun());
    await io.run('--quiet');
    expect(io.stdout.text + io.stderr.text).toBe('');
  });
});

describe('--log-format json', () => {
  const events = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);

  test('puts objects on stdout, and nothing else', async () => {
    io.convert = oneFails;
    expect(await io.run('--log-format', 'json')).toBe(3);
    expect(events(io.stdout.text)).toEqual(['start', 'experiment', 'run', 'run', 'publish', 'summary']);
    expect(io.stderr.text).toBe('');
  });

  test('tells a fatal error to programs and to people', async () => {
    io.convert = async () => {
      throw new ConvertError('fatal', 'no-space', 'No space is left.');
    };
    expect(await io.run('--log_format=json')).toBe(1);
    expect(events(io.stdout.text)).toEqual(['error', 'summary']);
    expect(io.stderr.text).toBe('error: No space is left.\n');
  });
});

describe('the terminal', () => {
  test.each([
    [{}, [], true],
    [{ NO_COLOR: '1' }, [], false],
    [{ TERM: 'dumb' }, [], false],
    [{}, ['--no-color'], false],
  ])('has colours with %j %j: %p', async (env, flags, colored) => {
    io.env = env;
    io.stderr.isTTY = true;
    io.convert = async (_options, emitter) => void emitter.emit('warning', { code: 'polling', message: 'Look out.' });
    await io.run(...flags);
    expect(io.stderr.text).toBe(colored ? '\x1b[33mwarning:\x1b[39m Look out.\n' : 'warning: Look out.\n');
  });

  test('has its lines broken between words, which a pipe has not', async () => {
    const message = 'Something that is worth more words than a terminal has columns, and a path /that/is/copied/whole.';
    io.convert = async (_options, emitter) => {
      emitter.emit('warning', { code: 'polling', message });
      emitter.emit('retry', {
        ...{ code: 'server-error', server: 'http://host:5000', says: 'answers 502', what: 'the runs of experiment 1' },
        ...{ attempt: 3, attempts: 8, wait: 8.2 },
      });
    };
    await io.run('--no-color');
    const retry = 'http://host:5000 answers 502; try 3 of 8 in 8 s (the runs of experiment 1).';
    expect(io.stderr.text).toBe(`warning: ${message}\n${retry}\n`);
    io.stderr.text = '';
    io.stderr.isTTY = true;
    io.stderr.columns = 60;
    await io.run('--no-color');
    expect(io.stderr.text.split('\n')).toEqual([
      'warning: Something that is worth more words than a terminal',
      '  has columns, and a path /that/is/copied/whole.',
      'http://host:5000 answers 502; try 3 of 8 in 8 s (the runs of',
      '  experiment 1).',
      '',
    ]);
  });

  test('a reader that goes away does not stop the conversion', async () => {
    io.convert = async (_options, emitter) => {
      io.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      io.stderr.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      emitter.emit('run:done', makeRun());
    };
    expect(await io.run()).toBe(0);
    expect(io.stderr.text).toBe('');
  });

  test('output that cannot be written is told once', async () => {
    io.convert = async () => {
      for (let times = 0; times < 3; times += 1) io.stdout.emit('error', new Error('ENOSPC: no space left on device'));
    };
    expect(await io.run()).toBe(3);
    expect(io.stderr.text).toBe('error: The output could not be written: ENOSPC: no space left on device.\n');
  });
});
