import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { flagOptions } from '../../../src/cli/config/setting.js';
import { HARMLESS, INSIDE } from '../../../src/cli/config/working-directory-file.js';
import { main } from '../../../src/cli/main.js';
import { parseArguments } from '../../../src/cli/parse-arguments.js';
import { createProgram } from '../../../src/cli/program.js';
import type { ConvertSettings } from '../../../src/cli/settings.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { unprivileged } from '../../support/unprivileged.js';
import { FakeIo } from '../fake-io.js';

const FLAGS = flagOptions(createProgram().commands);

const before = process.cwd();
let home: string;
let io: FakeIo;

beforeEach(() => {
  home = temporaryDirectory();
  process.chdir(temporaryDirectory());
  io = new FakeIo();
  io.env = { HOME: home };
});
afterEach(() => process.chdir(before));

/** Writes the configuration file of the working directory, or another one. */
function write(text: string, path = 'mlflow2aim.yaml'): string {
  writeFileSync(path, text);
  return path;
}

/** Writes the user's own configuration file. */
function writeOwn(text: string, directory = join(home, '.config')): string {
  mkdirSync(directory, { recursive: true });
  return write(text, join(directory, 'mlflow2aim.yaml'));
}

function settings(...argv: string[]): ConvertSettings {
  const parsed = parseArguments(argv.length === 0 || argv[0]!.startsWith('-') ? ['convert', ...argv] : argv, io);
  if (parsed.type !== 'convert') throw new Error(`It did not parse: ${io.stderr.text}`);
  return parsed.settings;
}

function refusal(...flags: string[]): string[] {
  io.stderr.text = '';
  expect(parseArguments(['convert', ...flags], io)).toEqual({ type: 'exit', code: 2 });
  const lines = io.stderr.text.trimEnd().split('\n');
  expect(lines.pop()).toBe('Run mlflow2aim convert --help for usage.');
  return lines;
}

describe('what counts', () => {
  test('is the command line, then the environment, then the file, then the default', () => {
    const file = write('max-text-size: 1MB\nmax-artifact-size: 2MB\nconcurrency: 3\n');
    io.env = { MLFLOW2AIM_MAX_TEXT_SIZE: '4MB', MLFLOW2AIM_MAX_ARTIFACT_SIZE: '5MB' };
    const { options } = settings('--config', file, '--max-text-size', '6MB');
    expect(options.artifacts).toMatchObject({ maxTextSize: 6e6, maxSize: 5e6 });
    expect(options).toMatchObject({ concurrency: 3, mapping: { staleAfter: 86_400_000 } });
  });

  test('is a whole list, not the sum of several', () => {
    const file = write("experiment: [a, b]\naccept-missing: 's3://x'\n");
    io.env = { MLFLOW2AIM_EXPERIMENT: 'c, "d, e"' };
    expect(settings('--config', file).options).toMatchObject({
      selection: { experiments: ['c', 'd, e'] },
      missing: { accept: ['s3://x'] },
    });
    expect(settings('--config', file, '--experiment', 'f').options.selection?.experiments).toEqual(['f']);
    expect(settings('--no-config').options.selection?.experiments).toEqual(['c', 'd, e']);
  });

  test('are all artifact rules of one place, in the order of the file', () => {
    const file = write("exclude-artifacts: ['a/**', b]\ninclude-artifacts: a/b\n");
    const rules = (...flags: string[]) => settings('--config', file, ...flags).options.artifacts!.rules!;
    expect(rules().map(({ include, glob }) => `${include} ${glob}`)).toEqual(['false a/**', 'false b', 'true a/b']);
    expect(rules('--exclude-artifacts', 'c')).toEqual([{ include: false, glob: 'c' }]);
    io.env = { MLFLOW2AIM_INCLUDE_ARTIFACTS: 'd' };
    expect(rules()).toEqual([{ include: true, glob: 'd' }]);
  });

  test('a switch can be turned off where it was turned on', () => {
    const file = write('quiet: true\nno-artifacts: yes\n');
    expect(settings('--config', file)).toMatchObject({ quiet: true, options: { artifacts: { enabled: false } } });
    expect(settings('--config', file, '--quiet=false', '--no-artifacts=0')).toMatchObject({
      quiet: false,
      options: { artifacts: { enabled: true } },
    });
    io.env = { MLFLOW2AIM_QUIET: 'off', MLFLOW2AIM_NO_ARTIFACTS: 'No' };
    expect(settings('--config', file)).toMatchObject({ quiet: false, options: { artifacts: { enabled: true } } });
  });

  test('the variables of MLflow, after those of mlflow2aim and before the file', () => {
    const file = write('tracking-uri: http://of-file\nworkspace: of-file\n');
    io.env = { MLFLOW_TRACKING_URI: ' http://of-mlflow\n', MLFLOW_WORKSPACE: 'of-mlflow' };
    const both = { trackingUri: 'http://of-mlflow', source: { workspace: 'of-mlflow' } };
    expect(settings('--config', file).options).toMatchObject(both);
    io.env = { ...io.env, MLFLOW2AIM_TRACKING_URI: 'http://of-mlflow2aim' };
    expect(settings('--config', file).options.trackingUri).toBe('http://of-mlflow2aim');
  });

  test('not an empty variable, nor one that no flag has', () => {
    io.env = {
      MLFLOW2AIM_REPO: '',
      MLFLOW2AIM_PORT: 'tcp://10.0.0.1:80',
      MLFLOW2AIM_SERVICE_HOST: '10.0.0.1',
      MLFLOW2AIM_CLI: 'x',
    };
    expect(settings().options.repo).toBe('.');
  });

  test('of a file, what it says of the command', () => {
    const file = write(
      'max-text-size: 1MB\nconvert: {max-text-size: 2MB, exclude-artifacts: a}\ninclude-artifacts: b\n',
    );
    const artifacts = (...argv: string[]) => settings(...argv, '--config', file).options.artifacts!;
    expect(artifacts('convert')).toMatchObject({ maxTextSize: 2e6, rules: [{ include: false, glob: 'a' }] });
    expect(artifacts('sync')).toMatchObject({ maxTextSize: 1e6, rules: [{ include: true, glob: 'b' }] });
    io.env = { MLFLOW2AIM_MAX_TEXT_SIZE: '3MB' };
    expect(artifacts('convert').maxTextSize).toBe(3e6);
  });

  test('what fits the command', () => {
    const file = write('poll: true\nlisten: 9464\nreport: r.json\nincomplete: true\n');
    expect(settings('--config', file)).toMatchObject({ reports: ['r.json'] });
    expect(settings('--config', file).watch).toBeUndefined();
    const watch = settings('sync', '--config', file);
    expect(watch.watch).toMatchObject({ options: { poll: true }, listen: { port: 9464 } });
    expect(watch.reports).toEqual([]);
    expect(parseArguments(['status', '--config', file], io)).toMatchObject({ settings: { incomplete: true } });
  });
});

test('what needs a source is left out of account by a verification without one', () => {
  const file = write('experiment: a\nrepair: true\n');
  const parsed = parseArguments(['verify', '--config', file], io);
  expect(parsed).toMatchObject({ type: 'verify', settings: { options: { selection: {} }, repair: false } });
  expect(parseArguments(['verify', '--config', file, '--experiment', 'a'], io)).toEqual({ type: 'exit', code: 2 });
  expect(parseArguments(['verify', '--config', file, '--repair'], io)).toEqual({ type: 'exit', code: 2 });
  expect(parseArguments(['verify', 'mlruns', '--config', file], io)).toMatchObject({
    settings: { options: { selection: { experiments: ['a'] } }, repair: true },
  });
});

describe('the file', () => {
  test('is the one that is named, else the own one, else the one that is there', () => {
    write('max-text-size: 1MB');
    const size = (...flags: string[]) => settings(...flags).options.artifacts!.maxTextSize;
    expect(size()).toBe(1e6);
    writeOwn('max-text-size: 2MB');
    expect(size()).toBe(2e6);
    io.env = { ...io.env, XDG_CONFIG_HOME: join(home, 'xdg') };
    expect(size()).toBe(1e6);
    writeOwn('max-text-size: 3MB', join(home, 'xdg'));
    expect(size()).toBe(3e6);
    io.env = { ...io.env, MLFLOW2AIM_CONFIG: write('max-text-size: 4MB', 'other.yaml') };
    expect(size()).toBe(4e6);
    expect(size('--config', write('max-text-size: 5MB', 'another.yaml'))).toBe(5e6);
    expect(size('--no-config')).toBe(10e6);
    io.env = { ...io.env, MLFLOW2AIM_NO_CONFIG: '1' };
    expect(size()).toBe(10e6);
  });

  test("in another user's home that this one may not enter is not there; one that may not be read is an error", async () => {
    writeOwn('max-text-size: 2MB');
    const directory = join(home, '.config');
    chmodSync(join(directory, 'mlflow2aim.yaml'), 0);
    await unprivileged([home, directory, process.cwd()], async () => {
      expect(refusal()).toEqual([expect.stringContaining('cannot be opened: permission denied')]);
      chmodSync(directory, 0);
      expect(settings().options.artifacts!.maxTextSize).toBe(10e6);
      chmodSync(directory, 0o700);
    });
  });

  test.each([
    ['', {}],
    ['# nothing\n', {}],
    ['---\n...\n', {}],
    ['{max_text_size: 7, "max-artifact-size": "8"}', { maxTextSize: 7, maxSize: 8 }],
    ['\uFEFFmax-text-size: 7 # bytes\r\n', { maxTextSize: 7 }],
    ['terminal-log: |-\n  a b\n', { terminalLog: 'a b' }],
  ])('%j is understood', (text, expected) => {
    expect(settings('--config', write(text)).options.artifacts).toMatchObject(expected);
  });

  test('may have the names of aimlflow', () => {
    expect(settings('--config', write('mlflow-tracking-uri: a\naim_repo: b')).options).toMatchObject({
      trackingUri: 'a',
      repo: 'b',
    });
  });

  test.each<[string, string[]]>([
    ['max-artefact-size: 1MB', ['c.yaml:1: There is no flag --max-artefact-size. Did you mean max-artifact-size?']],
    ['\nartifacts: false', ['c.yaml:2: There is no flag --artifacts. Did you mean no-artifacts: true?']],
    ['xyz: 1', ['c.yaml:1: There is no flag --xyz.']],
    ['config: d.yaml', ['c.yaml:1: config chooses the configuration file, and has no meaning in it.']],
    ['version: 1', ['c.yaml:1: There is no flag --version. Did you mean verify?']],
    ['check: true', ['c.yaml:1: There is no flag --check.']],
    ['quiet: maybe', ["c.yaml:1: quiet is 'maybe'. Expected true or false."]],
    ['interval: 1', ["c.yaml:1: interval is '1'. Expected a duration from 100ms to 7d, such as 10s or 5m."]],
    ['deleted: [keep]', ['c.yaml:1: deleted takes one value, not a list.']],
    ['experiment: [a, [b]]', ['c.yaml:1: experiment takes a value, or a list of values.']],
    [
      'experiment: {a,b}',
      ['c.yaml:1: experiment takes a value, or a list of values. One that begins with { is put in quotes.'],
    ],
    [
      'exclude-artifacts: *.pkl',
      ["c.yaml:1: exclude-artifacts has a value that means something else in YAML: write '*.pkl'."],
    ],
    ['conver: {quiet: 1}', ['c.yaml:1: There is no command conver. Did you mean convert?']],
    ['status:\n  reprt: a', ['c.yaml:2: status has no flag --reprt. Did you mean repo?']],
    ['sync: {watch: true}', ['c.yaml:1: sync has no flag --watch.']],
    ['sync: {poll: true, poll: false}', ['c.yaml:1: poll is there twice.']],
    ['sync: {sync: {poll: true}}', ['c.yaml:1: sync takes a value, or a list of values.']],
    ['sync: {config: a}', ['c.yaml:1: config chooses the configuration file, and has no meaning in it.']],
    ['report:', ['c.yaml:1: report has no value. Remove the line, or give it one.']],
    ['experiment: [~]', ['c.yaml:1: experiment has no value. Remove the line, or give it one.']],
    ['repo: a\nrepo: b', ['c.yaml:2: repo is there twice.']],
    [
      'repo: &x a\nexperiment: [*x]',
      [
        "c.yaml:1: repo has a value that means something else in YAML: write '&x'.",
        "c.yaml:2: experiment has a value that means something else in YAML: write '*x'.",
      ],
    ],
    ['repo: a\n---\nrepo: b', ['c.yaml:2: Not valid YAML: There is more than one document.']],
    ['repo: !x a', ['c.yaml:1: Not valid YAML: Unresolved tag: !x.']],
    ['repo: "a', ['c.yaml:1: Not valid YAML: Missing closing "quote.']],
    ['just a text', ['c.yaml:1: Expected lines such as "max-artifact-size: 1GB".']],
    ['[a]: b', ['c.yaml:1: Expected the name of a flag.']],
    [
      'quiet: 2\npoll: 3',
      ["c.yaml:1: quiet is '2'. Expected true or false.", "c.yaml:2: poll is '3'. Expected true or false."],
    ],
    [
      'tracking-uri: ""\nquiet: postgresql://ada:secret@host/db',
      [
        "c.yaml:1: tracking-uri is ''. Expected a value that is not empty.",
        "c.yaml:2: quiet is 'postgresql://ada@host/db'. Expected true or false.",
      ],
    ],
  ])('%j is refused', (text, problems) => {
    write(text, 'c.yaml');
    expect(refusal('--config', 'c.yaml')).toEqual(problems.map((problem) => `error: ${problem}`));
  });

  test('has a bound, and so have its problems', () => {
    for (const deep of ['[', '{a: ', '- ', '? ', '{? [', 'repo: [']) {
      write(deep.repeat(60_000 / deep.length));
      expect(refusal()).toEqual([expect.stringContaining('Not valid YAML')]);
    }
    write(Array.from({ length: 5_000 }, (_, i) => `x${i}: 1\n`).join(''));
    expect(refusal().slice(-2)).toEqual([
      'error: mlflow2aim.yaml:20: There is no flag --x19.',
      'error: … and 4980 more.',
    ]);
    write(' '.repeat(70_000));
    expect(refusal()).toEqual(['error: The configuration file mlflow2aim.yaml is larger than 64 KiB.']);
  });

  test('is a file, of text, that is there when it is named', () => {
    expect(refusal('--config', 'c.yaml')).toEqual(['error: The configuration file c.yaml does not exist.']);
    mkdirSync('d.yaml');
    expect(refusal('--config', 'd.yaml')).toEqual(['error: d.yaml is not a regular file.']);
    execFileSync('mkfifo', ['mlflow2aim.yaml']);
    expect(refusal()).toEqual(['error: mlflow2aim.yaml is not a regular file.']);
    writeFileSync('b.yaml', Buffer.from('repo: \xE4', 'latin1'));
    expect(refusal('--config', 'b.yaml')).toEqual(['error: The configuration file b.yaml is not text in UTF-8.']);
  });
});

describe('the file in the working directory', () => {
  const last =
    'error: mlflow2aim.yaml was merely found in the working directory, and may have come with a cloned project. ' +
    'If you trust it, use --config mlflow2aim.yaml; --no-config ignores it.';

  test.each([
    ['allow-root: /'],
    ['copy_links: true'],
    ['trust-origin: https://evil.example'],
    ['artifacts-destination: s3://bucket'],
    ['overwrite: true'],
    ['deleted: remove'],
    ['accept-missing: a'],
    ['report: r.json'],
    ['log-file: a.log'],
    ['listen: 0.0.0.0:80'],
  ])('may not set %s', (text) => {
    write(text);
    const [name = ''] = text.split(':');
    expect(refusal()).toEqual([
      `error: mlflow2aim.yaml:1: ${name.replace('_', '-')} may not be set by this file.`,
      last,
    ]);
    settings('--config', 'mlflow2aim.yaml', ...(name === 'listen' ? ['--watch'] : []));
    expect(settings('--no-config').options.repo).toBe('.');
  });

  test('may not set a place to which a link leads out', () => {
    symlinkSync('/', 'out');
    mkdirSync('within');
    symlinkSync('within', 'aside');
    write('repo: aside/aim');
    settings();
    write('repo: out/data/aim');
    expect(refusal()[0]).toContain('repo may not be set by this file to a place outside of its directory.');
  });

  test.each([
    ['tracking-uri', 'mlruns', true],
    ['tracking-uri', 'file:mlruns', true],
    ['tracking-uri', 'sqlite:///mlflow.db', true],
    ['repo', './aim/../aim', true],
    ['repo', '..aim', true],
    ['tracking-uri', 'https://evil.example', false],
    ['tracking-uri', 'postgresql://evil.example/db', false],
    ['tracking-uri', '/data/mlruns', false],
    ['tracking-uri', 'a/../../b', false],
    ['tracking-uri', 'file:///data/mlruns', false],
    ['tracking-uri', '%2E%2E/x', false],
    ['tracking-uri', 'sqlite:////data/mlflow.db', false],
    ['tracking-uri', 'sqlite:///../mlflow.db', false],
    ['tracking-uri', 'sqlite:///file:/data/mlflow.db?uri=true', false],
    ['repo', '..', false],
    ['repo', '/data/aim', false],
  ])('may set %s to %s: %p', (flag, place, isTaken) => {
    write(`${flag}: '${place}'`);
    if (isTaken) settings();
    else
      expect(refusal()).toEqual([
        `error: mlflow2aim.yaml:1: ${flag} may not be set by this file to a place outside of its directory.`,
        last,
      ]);
  });

  test.each([
    'dry-run: true',
    'quick: true',
    'repair: true',
    'sample: 1%',
    'differences: d.jsonl',
    'restore-removed: true',
  ])('may not set %s', (text) => {
    write(text);
    expect(refusal()).toEqual([`error: mlflow2aim.yaml:1: ${text.split(':')[0]} may not be set by this file.`, last]);
  });

  test('may set run ids, but not have them read from a file', () => {
    write('run-id: [a, b]');
    expect(settings().options.selection).toEqual({ runIds: ['a', 'b'] });
    write('run-id: [a, "@/etc/passwd"]');
    expect(refusal()).toEqual(['error: mlflow2aim.yaml:1: run-id may not name a file here.', last]);
  });

  test('may set flags that there are', () => {
    expect([...HARMLESS, ...INSIDE].filter((flag) => !FLAGS.has(flag))).toEqual([]);
  });

  test('may set which runs are converted, and how', () => {
    write('experiment: [a]\nmax-artifact-size: 1GB\nrepeated-steps: split\nquiet: true\n');
    expect(settings()).toMatchObject({
      quiet: true,
      options: { selection: { experiments: ['a'] }, mapping: { repeatedSteps: 'split' } },
    });
  });
});

describe('a variable', () => {
  test.each([
    ['MLFLOW2AIM_QUIET', 'maybe', "MLFLOW2AIM_QUIET is 'maybe'. Expected true or false."],
    [
      'MLFLOW2AIM_MAX_ARTIFACT_SIZE',
      'big',
      "MLFLOW2AIM_MAX_ARTIFACT_SIZE is 'big'. Expected a size such as 100MB or 1GiB, or a number of bytes.",
    ],
    ['MLFLOW2AIM_DELETED', 'forget', "MLFLOW2AIM_DELETED is 'forget'. Allowed choices are archive, remove, keep."],
    [
      'MLFLOW2AIM_EXPERIMENT',
      'a, "b',
      `MLFLOW2AIM_EXPERIMENT is 'a, "b'. Expected values separated by commas; a value with a comma in it is put in quotes: "a, b".`,
    ],
    ['MLFLOW2AIM_CONFIG', 'no.yaml', 'The configuration file no.yaml does not exist.'],
  ])('%s=%s is refused', (name, value, problem) => {
    io.env = { [name]: value };
    expect(refusal()).toEqual([`error: ${problem}`]);
  });

  test('of another command is left alone', () => {
    io.env = { MLFLOW2AIM_INTERVAL: 'soon' };
    expect(parseArguments(['status'], io)).toMatchObject({ type: 'status' });
  });
});

describe('mlflow2aim config', () => {
  const config = async (...flags: string[]) => {
    const code = await main(['config', ...flags], io);
    return { code, lines: io.stdout.text.trimEnd().split('\n'), errors: io.stderr.text };
  };

  test('prints what is in force, and from where, without secrets', async () => {
    writeOwn("max-text-size: 1MB\nexclude-artifacts: ['a,b', c]\nno-color: true\n");
    io.env = { ...io.env, MLFLOW_TRACKING_URI: 'https://ada:secret@host/x?token=abc', MLFLOW2AIM_NO_COLOR: 'false' };
    const { code, lines, errors } = await config();
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(lines.slice(0, 7)).toEqual([
      `Configuration file: ${home}/.config/mlflow2aim.yaml`,
      '',
      'tracking-uri           MLFLOW_TRACKING_URI  https://host/x?token=***',
      'no-color               MLFLOW2AIM_NO_COLOR  false',
      'max-text-size          line 1               1MB',
      'exclude-artifacts      line 2               "a,b", c',
      'artifacts-destination  default              -',
    ]);
    expect(lines).toContain('max-artifact-size      default              100MB');
    expect(lines).toContain('incomplete             default              false');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  test('prints the flags of one command', async () => {
    const { lines } = await config('status');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['No', '', 'repo', 'incomplete', 'warnings', 'json']);
    expect(await config('stauts')).toMatchObject({ code: 2 });
  });

  test('prints what is set for a single command', async () => {
    writeOwn('quiet: true\nconvert: {quiet: false}\n');
    const ofQuiet = ({ lines }: { lines: string[] }) => lines.filter((line) => line.includes('quiet'));
    const inAll = ofQuiet(await config());
    expect(inAll.map((line) => line.replace(/ +/g, ' '))).toEqual(['quiet line 1 true', 'convert: quiet line 2 false']);
    io.stdout.text = '';
    expect(ofQuiet(await config('convert'))[0]).toMatch(/^quiet +line 2 +false$/);
  });

  test('prints JSON', async () => {
    write('experiment: a\nquiet: true');
    const { code, lines } = await config('convert', '--json');
    const { flags, ...rest } = JSON.parse(lines.join('\n'));
    expect({ code, ...rest }).toEqual({ code: 0, file: 'mlflow2aim.yaml', problems: [] });
    expect(flags).toEqual(
      expect.arrayContaining([
        { name: 'experiment', value: ['a'], source: 'file', where: 'mlflow2aim.yaml:1' },
        { name: 'quiet', value: true, source: 'file', where: 'mlflow2aim.yaml:2' },
        { name: 'raw-params', value: false, source: 'default' },
        { name: 'report', value: [], source: 'default' },
        { name: 'allow-root', value: [], source: 'default' },
        { name: 'stale-after', value: '24h', source: 'default' },
      ]),
    );
  });

  test('tells of variables that are ignored, but for those that others set', async () => {
    io.env = {
      MLFLOW2AIM_MAX_ARTEFACT_SIZE: '1GB',
      MLFLOW2AIM_PORT: 'tcp://10.0.0.1:80',
      MLFLOW2AIM_REPO_SERVICE_HOST: '10.0.0.1',
      MLFLOW2AIM_PORT_80_TCP: 'tcp://10.0.0.1:80',
      MLFLOW2AIM_DEBUG: '1',
      MLFLOW2AIM_FAILPOINT: 'x',
      MLFLOW2AIM_TEST_POSTGRESQL: 'x',
    };
    const { code, errors } = await config('--check');
    expect(code).toBe(0);
    expect(errors).toBe('note: MLFLOW2AIM_MAX_ARTEFACT_SIZE is ignored. Did you mean MLFLOW2AIM_MAX_ARTIFACT_SIZE?\n');
  });

  test('--check tells that all is well, or what is not', async () => {
    write('quiet: true');
    io.env = { MLFLOW2AIM_POLL: '1', MLFLOW2AIM_REPO: 'x' };
    expect(await config('--check')).toEqual({
      code: 0,
      lines: [
        'Configuration file: mlflow2aim.yaml, in the working directory',
        'No problems: 1 flag is set by the file, 2 by the environment.',
      ],
      errors: '',
    });
    io.stdout.text = '';
    write('quite: true');
    const problem = 'mlflow2aim.yaml:1: There is no flag --quite. Did you mean quiet?';
    expect(await config('--check')).toEqual({ code: 2, lines: [''], errors: `error: ${problem}\n` });
    const { code, lines } = await config('--check', '--json');
    expect({ code, ...JSON.parse(lines.join('\n')) }).toEqual({
      code: 2,
      file: 'mlflow2aim.yaml',
      problems: [problem],
      flags: [],
    });
  });
});
