import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../../src/events.js';
import type { Ending } from '../../../src/report/ending.js';
import { ReportFile } from '../../../src/report/file/report-file.js';
import { Summary } from '../../../src/summary/summary.js';
import { built } from '../../support/command-line.js';
import { makeRun } from '../make-run.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-report-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

interface Report {
  readonly runs: ReadonlyArray<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

function read(path: string): Report {
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}

function write(path: string, runs: number, ending: Ending): Report {
  const events = new ConvertEvents();
  const summary = new Summary(events);
  const report = new ReportFile(path, events, '9.9.9');
  events.emit('start', { source: '/data/mlruns', repo: '/data/aim' });
  for (let index = 0; index < runs; index += 1) events.emit('run:done', makeRun({ runId: `ré${index}` }));
  events.emit('warning', { code: 'polling', message: 'Look out.' });
  expect(report.finish(ending, summary.numbers())).toBeUndefined();
  return read(path);
}

describe('the report file', () => {
  test.each([0, 1, 2, 3000])('holds each of %p runs', (runs) => {
    const report = write(join(directory, 'report.json'), runs, { type: 'done' });
    expect(report.runs.map(({ runId }) => runId)).toEqual(Array.from({ length: runs }, (_, index) => `ré${index}`));
    expect(report).toMatchObject({
      format: 1,
      tool: 'mlflow2aim',
      version: '9.9.9',
      source: '/data/mlruns',
      repo: '/data/aim',
      warnings: [{ code: 'polling', message: 'Look out.' }],
      failedExperiments: [],
      summary: { runs: { new: runs } },
      interrupted: false,
    });
    expect(report).not.toHaveProperty('error');
    expect(readdirSync(directory)).toEqual(['report.json']);
  });

  test.each(['report.html', 'REPORT.HTM'])('called %s is a page', (name) => {
    const path = join(directory, name);
    const events = new ConvertEvents();
    const report = new ReportFile(path, events, '9.9.9');
    expect(readdirSync(directory)).toEqual([expect.stringContaining('.partial')]);
    events.emit('run:done', makeRun({ runName: 'baseline' }));
    expect(report.finish({ type: 'interrupted' }, new Summary(events).numbers())).toBeUndefined();
    const page = readFileSync(path, 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('"name":"baseline"');
    expect(page).toContain('The conversion was interrupted.');
    expect(readdirSync(directory)).toEqual([name]);
  });

  test('a run is one line, whole with its notices', () => {
    const path = join(directory, 'report.json');
    const events = new ConvertEvents();
    const report = new ReportFile(path, events, '1');
    const run = makeRun({ notices: [{ kind: 'stale', lastSign: 5 }], reason: 'two\nlines' });
    events.emit('run:done', run);
    report.finish({ type: 'done' }, new Summary(events).numbers());
    expect(read(path).runs).toEqual([run]);
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[2]!)).toEqual(run);
  });

  test('is whole when the conversion was interrupted, or failed', () => {
    const path = join(directory, 'report.json');
    expect(write(path, 2, { type: 'interrupted' })).toMatchObject({ interrupted: true });
    expect(write(path, 2, { type: 'failed', code: 'no-space', message: 'No space is left.' })).toMatchObject({
      interrupted: false,
      error: { code: 'no-space', message: 'No space is left.' },
    });
  });

  test('replaces an older one only at the end, and through a link the file behind it', () => {
    const target = join(directory, 'target.json');
    const link = join(directory, 'link.json');
    writeFileSync(target, 'old');
    symlinkSync(target, link);
    const events = new ConvertEvents();
    const report = new ReportFile(link, events, '1');
    expect(readFileSync(target, 'utf8')).toBe('old');
    report.finish({ type: 'done' }, new Summary(events).numbers());
    expect(read(target).runs).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['link.json', 'target.json']);
  });

  test('goes through a link to where there is no file yet', () => {
    symlinkSync('later.json', join(directory, 'link.json'));
    expect(write(join(directory, 'link.json'), 1, { type: 'done' }).runs).toHaveLength(1);
    expect(readdirSync(directory).sort()).toEqual(['later.json', 'link.json']);
    expect(lstatSync(join(directory, 'link.json')).isSymbolicLink()).toBe(true);
  });

  test.each([
    ['a pipe', '| cat >'],
    ['a file', '>'],
  ])('is not written over the output, be it %s', (_, into) => {
    symlinkSync('/proc/self/fd/1', join(directory, 'stdout'));
    const script = `
      const { ReportFile } = await import(${JSON.stringify(built('report/file/report-file.js'))});
      const { ConvertEvents } = await import(${JSON.stringify(built('events.js'))});
      try { new ReportFile(process.argv[1], new ConvertEvents(), '1'); } catch (error) { console.log(error.sentence); }`;
    const command = `"$0" --input-type=module --eval "$1" stdout ${into} out.txt`;
    execFileSync('bash', ['-c', command, process.execPath, script], { cwd: directory });
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toMatch(
      /^The report cannot be written to stdout: that is/,
    );
    expect(lstatSync(join(directory, 'stdout')).isSymbolicLink()).toBe(true);
  });

  test('finishing twice is finishing once', () => {
    const path = join(directory, 'report.json');
    const events = new ConvertEvents();
    const report = new ReportFile(path, events, '1');
    const numbers = new Summary(events).numbers();
    report.finish({ type: 'interrupted' }, numbers);
    events.emit('run:done', makeRun());
    expect(report.finish({ type: 'done' }, numbers)).toBeUndefined();
    expect(read(path)).toMatchObject({ interrupted: true, runs: [] });
  });

  test('says at once when it cannot be written', () => {
    const open = (path: string) => () => new ReportFile(path, new ConvertEvents(), '1');
    expect(open(join(directory, 'none', 'report.json'))).toThrow(/its directory does not exist/);
    expect(open(directory)).toThrow(/that is not a file/);
    expect(open('/dev/null')).toThrow(/that is not a file/);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('says at the end when it could not be completed, and disturbs nobody before', () => {
    const path = join(directory, 'report.json');
    const events = new ConvertEvents();
    const report = new ReportFile(path, events, '1');
    mkdirSync(path);
    writeFileSync(join(path, 'in the way'), '');
    events.emit('run:done', makeRun());
    const failure = report.finish({ type: 'done' }, new Summary(events).numbers());
    const [, partial] = readdirSync(directory);
    expect(failure?.sentence).toContain(`${path} could not be replaced. It is in ${join(directory, partial!)}.`);
    expect(read(join(directory, partial!)).runs).toHaveLength(1);
  });
});
