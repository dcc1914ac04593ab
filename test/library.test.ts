import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { built, startCli, startScript } from './support/command-line.js';
import { temporaryDirectory } from './support/temporary.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** The JavaScript on a page. */
function scripts(page: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, script = '']) => script);
}

/** As a page says it, in a directory of its own, on the built bundle. */
function start(script: string, cwd = workingDirectory()) {
  return startScript(script.replace("'mlflow2aim'", `'${built('bundle/index.js')}'`), { cwd });
}

function workingDirectory(): string {
  const directory = temporaryDirectory();
  symlinkSync(join(ROOT, 'examples'), join(directory, 'examples'));
  return directory;
}

test("the README's conversion prints what the README says", async () => {
  const { code, stdout } = await start(scripts('README.md')[0]!).ended;
  expect(stdout.trim().split('\n').sort()).toEqual(['2 90 true', 'unet-16 new 45', 'unet-32 new 45']);
  expect(code).toBe(0);
});

test('the script with which CONTRIBUTING.md watches one stage prints its batches', async () => {
  const script = scripts('CONTRIBUTING.md')[0]!.replace(
    /'\.\/dist\/([^']*)'/g,
    (_, module: string) => `'${built(module)}'`,
  );
  const { code, stdout, stderr } = await start(script).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(line).toMatch(/^[0-9a-f]{32} \S+ → \S+ .* \d+$/);
});

test('the library and the command count alike', async () => {
  const cwd = workingDirectory();
  const script = `
    import { convert } from 'mlflow2aim';
    console.log(JSON.stringify(await convert({ trackingUri: 'examples/mlruns', repo: 'by library' })));`;
  const byLibrary = JSON.parse((await start(script, cwd).ended).stdout) as Record<string, unknown>;
  const args = ['convert', '--tracking-uri', 'examples/mlruns', '--repo', 'by command', '--log-format', 'json'];
  const { stdout } = await startCli(args, { cwd }).ended;
  const byCommand = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  for (const measured of ['seconds', 'runsPerSecond', 'pointsPerSecond']) {
    expect(byLibrary[measured]).toBeGreaterThan(0);
    byLibrary[measured] = byCommand[measured];
  }
  expect(byCommand).toEqual({
    ...byLibrary,
    level: 'info',
    time: expect.any(String),
    event: 'summary',
    ending: 'done',
  });
});

describe('docs/library.md:', () => {
  const [first, ...others] = scripts('docs/library.md');
  const watching = others.find((script) => script.includes('watch('))!;

  test('the first conversion prints what the page says, and so does the second', async () => {
    const cwd = workingDirectory();
    expect(await start(first!, cwd).ended).toMatchObject({ code: 0, stdout: 'true 13 953\n', stderr: '' });
    expect(await start(first!, cwd).ended).toMatchObject({ code: 0, stdout: 'true 0 0\n', stderr: '' });
  });

  test('the watch says when it is up to date, and ends when it is asked to', async () => {
    const watch = start(`${watching}\nconsole.log(summary.runs.new);`);
    expect(await watch.line((line) => line.startsWith('up to date'))).toMatch(/^up to date; active runs: \d+$/);
    watch.child.kill('SIGTERM');
    const ended = await watch.ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/\n13\n$/);
  });

  test.each(
    others.filter((script) => script !== watching).map((script) => [/^const .*|^await .*/m.exec(script)?.[0], script]),
  )('%s runs', async (_, script) => {
    const cwd = workingDirectory();
    await start(first!, cwd).ended;
    expect(await start(script!, cwd).ended).toMatchObject({ code: 0 });
  });
});
