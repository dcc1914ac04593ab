import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, expect, test } from '@jest/globals';
import { readAim } from './compare.js';
import { type Finished, PROJECT, scratch, start } from './harness.js';
import { PYTHON } from './python.js';

/** An environment of Python into which the wheel of this machine was installed by pip, and a store of its own. */
let venv: string;
let store: string;

/** Only what lies in the environment can be found: no Node of this machine, that is. */
const environment = () => ({ HOME: venv, PATH: join(venv, 'bin'), LANG: 'C.UTF-8' });

beforeAll(async () => {
  const directory = await scratch();
  venv = join(directory, 'venv');
  store = join(directory, 'mlruns');
  const wheels = join(directory, 'wheels');
  cpSync(join(PROJECT, 'examples/mlruns'), store, { recursive: true });
  const say = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: PROJECT, stdio: 'pipe' });
  say(process.execPath, 'scripts/make-wheels.mjs', '--out', wheels, `${process.platform}-${process.arch}`);
  const [wheel = ''] = readdirSync(wheels);
  say(PYTHON, '-m', 'venv', venv);
  say(join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', join(wheels, wheel));
}, 400_000);

/** A program of the environment. */
function run(program: string, ...args: readonly string[]): Promise<Finished> {
  const { child, finished } = start(join(venv, 'bin', program), args, { cwd: venv, env: environment() });
  child.stdin?.end();
  return finished;
}

/** What a program in Python prints, as JSON. */
async function printed(source: string): Promise<unknown> {
  const { stdout, stderr } = await run('python', '-c', `import json, mlflow2aim\n${source}`);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('the command of the wheel converts, without a Node on the PATH, and passes its exit code on', async () => {
  const repo = join(venv, 'by-command');
  expect(await run('mlflow2aim', 'convert', store, repo, '--quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const { runs, indexProblems } = await readAim(repo);
  expect([runs.size, indexProblems]).toEqual([13, []]);
  expect(await run('python', '-m', 'mlflow2aim', 'verify', store, repo)).toMatchObject({ code: 0 });
  expect(await run('mlflow2aim', 'convert', '--no-such-flag')).toMatchObject({ code: 2 });
});

test('the function in Python returns the summary, and raises what went wrong with its code', async () => {
  const call = `mlflow2aim.convert(${JSON.stringify(store)}, "by-function", experiment=["cifar10*", "speech*"])`;
  expect(await printed(`print(json.dumps([${call}, ${call}]))`)).toMatchObject([
    { complete: true, experiments: 2 },
    { complete: true, points: 0 },
  ]);
  const failing = (arguments_: string) => `
try:
    mlflow2aim.convert(${arguments_})
except mlflow2aim.ConvertError as error:
    print(json.dumps([error.code, error.exit_code, str(error)]))`;
  expect(await printed(failing('"no-such-store", "aim"'))).toEqual(['source-not-found', 1, expect.any(String)]);
  expect(await printed(failing('"mlruns", "aim", repeated_steps="some"'))).toEqual([null, 2, expect.any(String)]);
  const unknown =
    'try:\n    mlflow2aim.convert(experiments="1")\nexcept TypeError as error:\n    print(json.dumps(str(error)))';
  expect(await printed(unknown)).toBe("convert() has no option 'experiments'");
});

test('Ctrl-C stops a watch as it stops that of the command itself', async () => {
  const args = ['sync', store, join(venv, 'watched'), '--log-format', 'json'];
  const { child, finished } = start(join(venv, 'bin/mlflow2aim'), args, { cwd: venv, env: environment() });
  for await (const line of createInterface({ input: child.stdout! })) if (line.includes('"event":"watching"')) break;
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 0, signal: null });
});

test('uninstalled, nothing of it remains', async () => {
  const traces = () =>
    readdirSync(venv, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /^(?!watched|by-).*mlflow2aim(?!-wheel)/.test(path),
    );
  expect(traces()).not.toEqual([]);
  expect(await run('pip', 'uninstall', '--yes', 'mlflow2aim')).toMatchObject({ code: 0 });
  expect(traces()).toEqual([]);
});
