import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { createProgram } from '../../src/cli/program.js';
import type { ConvertSettings } from '../../src/cli/settings.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { FakeIo } from './fake-io.js';

function settings(flags: readonly string[], env: Record<string, string> = {}): ConvertSettings {
  const io = new FakeIo();
  io.env = env;
  const parsed = parseArguments(['convert', ...flags], io);
  if (parsed.type !== 'convert') throw new Error(`It did not parse: ${io.stderr.text}`);
  return parsed.settings;
}

function refusal(...argv: string[]): string {
  const io = new FakeIo();
  expect(parseArguments(argv, io)).toEqual({ type: 'exit', code: 2 });
  expect(io.stdout.text).toBe('');
  return io.stderr.text;
}

describe('convert', () => {
  test('has defaults for everything', () => {
    expect(settings([])).toEqual({
      options: {
        trackingUri: '',
        repo: '.',
        selection: {},
        includeDeleted: false,
        deleted: 'archive',
        force: false,
        overwrite: false,
        restoreRemoved: false,
        missing: { accept: [], unaccept: [] },
        concurrency: 2 * availableParallelism(),
        source: { concurrency: 2 * availableParallelism() },
        mapping: DEFAULT_MAPPING,
        artifacts: DEFAULT_ARTIFACTS,
      },
      sourceAssumed: true,
      reports: [],
      quiet: false,
      verbose: false,
      verify: false,
      logFormat: 'text',
      color: true,
    });
  });

  test.each<[string[], Partial<ConvertSettings['options']>]>([
    [['--tracking_uri', 'http://h:5000'], { trackingUri: 'http://h:5000' }],
    [['--tracking-uri=sqlite:///a_b.db'], { trackingUri: 'sqlite:///a_b.db' }],
    [
      ['--tracking-uri', 'http://h:5000/#/experiments/2'],
      { trackingUri: 'http://h:5000', selection: { experiments: ['2'] } },
    ],
    [
      ['--tracking-uri', 'http://u:pw@h/#/experiments/2/runs/abc'],
      { trackingUri: 'http://u:pw@h', selection: { experiments: ['2'], runIds: ['abc'] } },
    ],
    [['--tracking-uri', 'http://h:5000/#/experiments'], { trackingUri: 'http://h:5000', selection: {} }],
    [
      ['--tracking-uri', 'http://h/#/experiments/2?workspace=w', '--experiment', 'a', '--concurrency=1'],
      { trackingUri: 'http://h', selection: { experiments: ['a', '2'] }, source: { concurrency: 1, workspace: 'w' } },
    ],
    [['--mlflow-tracking-uri', 'x'], { trackingUri: 'x' }],
    [
      ['--artifacts_destination', 's3://bucket/mlf', '--concurrency', '3'],
      { source: { concurrency: 3, artifactsDestination: 's3://bucket/mlf' } },
    ],
    [
      [
        '--concurrency=1',
        '--allow_root',
        'a/../b',
        '--allow-root=file:///c',
        '--allow-root',
        's3://b/x',
        '--copy_links',
      ],
      { source: { concurrency: 1, allowRoots: [resolve('b'), '/c', 's3://b/x'], copyLinks: true } },
    ],
    [
      ['--concurrency=1', '--trust-origin', 'https://h:5500/x', '--trust_origin=http://i'],
      { source: { concurrency: 1, trustOrigins: ['https://h:5500', 'http://i'] } },
    ],
    [['--repo', '/data/aim'], { repo: '/data/aim' }],
    [['--repo', '/data/aim/.aim'], { repo: '/data/aim' }],
    [['--repo', '/data/aim/.aim/'], { repo: '/data/aim' }],
    [['--aim_repo=.aim'], { repo: '.' }],
    [['--repo', '/.aim'], { repo: '/' }],
    [['--repo', 'my.aim'], { repo: 'my.aim' }],
    [['--experiment', 'a b', '--experiment=0'], { selection: { experiments: ['a b', '0'] } }],
    [['--exclude_experiment', 'a*'], { selection: { excludeExperiments: ['a*'] } }],
    [['--force'], { force: true }],
    [['/data/mlruns'], { trackingUri: '/data/mlruns' }],
    [['/data/mlruns', 'aim', '--quiet'], { trackingUri: '/data/mlruns', repo: 'aim' }],
    [['--repo', 'aim', 'sqlite:///a_b.db'], { trackingUri: 'sqlite:///a_b.db', repo: 'aim' }],
    [['--include_deleted', '--overwrite'], { includeDeleted: true, overwrite: true }],
    [['--restore-removed', '--concurrency', '7'], { restoreRemoved: true, concurrency: 7 }],
    [
      ['--accept_missing', 's3://gone', '--accept-missing', 'ab12', '--unaccept-missing', '/mnt/nas'],
      { missing: { accept: ['s3://gone', 'ab12'], unaccept: ['/mnt/nas'] } },
    ],
    [
      ['--repeated_steps', 'split', '--raw_params', '--stale_after=90m'],
      { mapping: { repeatedSteps: 'split', rawParams: true, staleAfter: 5_400_000 } },
    ],
    [['--no_artifacts'], { artifacts: { ...DEFAULT_ARTIFACTS, enabled: false } }],
    [
      ['--exclude-artifacts', '*', '--include_artifacts=**/*.png', '--exclude_artifacts', 'x_y/**'],
      {
        artifacts: {
          ...DEFAULT_ARTIFACTS,
          rules: [
            { include: false, glob: '*' },
            { include: true, glob: '**/*.png' },
            { include: false, glob: 'x_y/**' },
          ],
        },
      },
    ],
    [
      ['--max_artifact_size', '1GiB', '--max-text-size=5000', '--terminal_log', 'logs/*.txt'],
      { artifacts: { ...DEFAULT_ARTIFACTS, maxSize: 2 ** 30, maxTextSize: 5000, terminalLog: 'logs/*.txt' } },
    ],
  ])('%j', (flags, expected) => expect(settings(flags).options).toMatchObject(expected));

  test('knows how to report', () => {
    expect(settings(['--quiet', '--log_format', 'json', '--report', 'r.json', '--no-color'])).toMatchObject({
      quiet: true,
      logFormat: 'json',
      reports: ['r.json'],
      color: false,
    });
  });

  test('takes the source from the environment when no flag names one', () => {
    const env = { MLFLOW_TRACKING_URI: 'http://server' };
    expect(settings([], env)).toMatchObject({ sourceAssumed: false, options: { trackingUri: 'http://server' } });
    expect(settings(['--tracking_uri', 'x'], env).options.trackingUri).toBe('x');
    expect(settings([], { MLFLOW_TRACKING_URI: ' ' })).toMatchObject({ sourceAssumed: true });
  });

  test('honours NO_COLOR, unless it is empty', () => {
    expect(settings([], { NO_COLOR: '1' }).color).toBe(false);
    expect(settings([], { NO_COLOR: '' }).color).toBe(true);
  });
});

describe('following changes', () => {
  const watch = (...argv: string[]) => {
    const parsed = parseArguments(argv, new FakeIo());
    return parsed.type === 'convert' ? parsed.settings.watch : undefined;
  };

  test('is asked for by --watch or sync, which mean the same', () => {
    const options = { interval: 10_000, reconcile: 30_000, poll: false, waitForSource: false };
    expect(watch('convert')).toBeUndefined();
    expect(watch('convert', '--watch')).toEqual({ options });
    expect(watch('sync')).toEqual({ options });
  });

  test('has flags of its own', () => {
    const flags = ['--interval=1m', '--reconcile', '500ms', '--poll', '--listen', '[::1]:0', '--deleted', 'keep'];
    expect(watch('sync', ...flags)).toEqual({
      options: { interval: 60_000, reconcile: 500, poll: true, waitForSource: false },
      listen: { host: '::1', port: 0 },
    });
  });
});

describe('status', () => {
  test('takes a repository, and a form', () => {
    const parse = (...flags: string[]) => parseArguments(['status', ...flags], new FakeIo());
    expect(parse()).toEqual({
      type: 'status',
      settings: { repo: '.', incomplete: false, warnings: false, json: false },
    });
    expect(parse('--repo', '/data/aim/.aim', '--json', '--incomplete')).toEqual({
      type: 'status',
      settings: { repo: '/data/aim', incomplete: true, warnings: false, json: true },
    });
    expect(parse('/data/aim')).toMatchObject({ settings: { repo: '/data/aim' } });
    expect(parse('/data/aim', '--repo', 'x')).toEqual({ type: 'exit', code: 2 });
  });
});

describe('usage errors', () => {
  test.each<[string[], string]>([
    [['convert', '--trakcing_uri', 'x'], 'Did you mean --tracking-uri?'],
    [['convert', '--max_artefact_size', '1MB'], 'Did you mean --max-artifact-size?'],
    [['convrt'], 'Did you mean convert?'],
    [['convert', '--repo'], "option '--repo <DIR>' argument missing"],
    [['convert', '--repo', '--quiet'], 'The flag --repo needs a value before --quiet.'],
    [['convert', '--repo', ''], 'Expected a value that is not empty.'],
    [['convert', '--repo', 'aim://host:53800'], 'remote repositories such as aim://host:53800 are not supported.'],
    [['convert', '--repo', 's3://bucket/aim'], 'remote repositories such as s3://bucket/aim are not supported.'],
    [['convert', '--repeated_steps', 'all'], 'Allowed choices are auto, last, split, index.'],
    [['convert', '--log-format', 'xml'], 'Allowed choices are text, json.'],
    [['convert', '--concurrency', '0'], 'Expected an integer from 1 to 1000.'],
    [['convert', '--stale-after', 'soon'], 'Expected a duration such as 24h'],
    [['convert', '--max-text-size', 'big'], 'Expected a size such as 100MB'],
    [['convert', '--allow-root', 'http://host/x'], 'Expected a directory, or an object-store URI'],
    [['convert', '--allow-root', ''], 'Expected a value that is not empty.'],
    [['convert', '--trust-origin', 'host:5000'], 'Expected the URL of a server'],
    [['convert', '--deleted', 'forget'], 'Allowed choices are archive, remove, keep.'],
    [
      ['convert', '--tracking-uri', 'http://u:secret@h/#/models/m'],
      'shows no experiment. Use --tracking_uri http://h for all.',
    ],
    [['sync', '--interval', '0'], 'Expected a duration from 100ms to 7d'],
    [['sync', '--listen', 'here'], 'Expected an address such as 127.0.0.1:9464'],
    [['sync', '--report', 'r.json'], '--report describes one conversion'],
    [['convert', '--listen', '9464'], '--listen requires --watch.'],
    [['convert', '--poll'], '--poll requires --watch.'],
    [['status', '--repo', 'aim://host:53800'], 'remote repositories such as aim://host:53800 are'],
    [['convert', 'mlruns', 'aim', 'more'], "too many arguments for 'convert'"],
  ])('%j: %s', (argv, sentence) => {
    const text = refusal(...argv);
    expect(text).toContain(sentence);
    expect(text).toMatch(/Run mlflow2aim ((convert|sync|status) )?--help for usage\.\n$/);
  });

  test('no command at all prints the help, as an error', () => {
    expect(refusal()).toContain('Usage: mlflow2aim');
  });
});

describe('help and version', () => {
  test('fit into 80 columns, whatever the command', () => {
    const names = createProgram().commands.map((command) => command.name());
    expect(names).toContain('convert');
    for (const argv of [['--help'], ...names.map((name) => [name, '--help'])]) {
      const io = new FakeIo();
      io.stdout.columns = 80;
      expect(parseArguments(argv, io)).toEqual({ type: 'exit', code: 0 });
      expect(io.stdout.text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
  });

  test.each([
    [['--help'], 'mlflow2aim convert /data/mlruns /data/aim'],
    [['convert', '--help'], '--exclude-artifacts <GLOB>'],
    [['help', 'convert'], 'Examples:'],
    [['sync', '--help'], '--listen <HOST:PORT>'],
    [['status', '--help'], '--json'],
    [['--version'], '.'],
  ])('%j', (argv, text) => {
    const io = new FakeIo();
    expect(parseArguments(argv, io)).toEqual({ type: 'exit', code: 0 });
    expect(io.stdout.text).toContain(text);
    expect(io.stderr.text).toBe('');
  });
});

test.each([
  [['a', '--tracking-uri', 'b'], 'The source is given twice: as a and by --tracking-uri.'],
  [['a', 'b', '--repo=c'], 'The repository is given twice: as b and by --repo.'],
])('convert %j is refused', (argv, message) => {
  expect(refusal('convert', ...argv)).toContain(message);
});
