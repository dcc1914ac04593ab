import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { built, startScript } from './support/command-line.js';
import { temporaryDirectory } from './support/temporary.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** The JavaScript of the README that uses the library. */
const README_SCRIPTS = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, script = '']) => script,
);

/** As the README says it, in a directory of its own, on the built bundle. */
function start(script: string, cwd = temporaryDirectory()) {
  symlinkSync(join(ROOT, 'examples'), join(cwd, 'examples'));
  return startScript(script.replace("'mlflow2aim'", `'${built('bundle/index.js')}'`), { cwd });
}

test('convert takes just a source and a repository', async () => {
  const script = `
    import { convert } from 'mlflow2aim';
    await convert({ trackingUri: 'examples/mlruns', repo: 'aim' });
    console.log('done');`;
  expect(await start(script).ended).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
});

test("the README's conversion prints what the README says", async () => {
  const { code, stdout } = await start(README_SCRIPTS[0]!).ended;
  expect(stdout.trim().split('\n').sort()).toEqual(['unet-16 new 45', 'unet-32 new 45']);
  expect(code).toBe(0);
});

test("the README's watch says when it is up to date, and ends when it is asked to", async () => {
  const watch = start(README_SCRIPTS[1]!);
  expect(await watch.line((line) => line.startsWith('up to date'))).toMatch(/^up to date; active runs: \d+$/);
  watch.child.kill('SIGTERM');
  expect(await watch.ended).toMatchObject({ code: 0, stderr: '' });
});
