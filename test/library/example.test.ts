import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installLibraryProject } from '../support/library-project.js';
import { settled } from '../support/settled.js';

const EXAMPLE_STORE = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));

/** The project of examples/library, compiled against what `npm pack` makes. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'mlflow2aim-library-'));
  installLibraryProject(project);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

const start = () => execFileSync(process.execPath, ['dist/main.js'], { cwd: project, encoding: 'utf8' });

test('the example prints what its README says, and finds all unchanged the second time', async () => {
  const [, printed = ''] = /the first time,\n\n([\s\S]*?)\n\n/.exec(readFileSync(join(project, 'README.md'), 'utf8'))!;
  await settled(join(project, 'data'));
  expect(start().trim().split('\n').sort()).toEqual(
    printed
      .split('\n')
      .map((line) => line.trim())
      .sort(),
  );
  expect(start()).toContain('0 new, 0 updated, 3 unchanged, 0 failed');
});

test('the example converts a file that has changed again, and reports cells that are no numbers', () => {
  appendFileSync(
    join(project, 'data/speech/unet.csv'),
    '2026-03-01T09:11:00Z,1100,what?\n2026-03-01T09:12:00Z,1200,15\n',
  );
  expect(start()).toContain('speech/unet: updated, 6 points');
});

test('what npm packs has all that worker threads need, and the command', () => {
  const script = `
    import { convert, plan, verify } from 'mlflow2aim';
    const request = { trackingUri: ${JSON.stringify(EXAMPLE_STORE)}, repo: 'packed' };
    const { runs, losses } = await plan(request);
    const { complete, points } = await convert(request);
    const { outcome } = await verify(request);
    console.log(runs.new, losses.length > 0, complete, points, outcome);`;
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
  expect(run('--input-type=module', '--eval', script)).toBe('13 true true 953 as-expected\n');
  const { bin, version } = JSON.parse(readFileSync(join(project, 'node_modules/mlflow2aim/package.json'), 'utf8')) as {
    readonly bin: { readonly mlflow2aim: string };
    readonly version: string;
  };
  expect(run(join('node_modules/mlflow2aim', bin.mlflow2aim), '--version')).toBe(`${version}\n`);
});
