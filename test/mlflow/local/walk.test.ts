import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { walkFiles } from '../../../src/mlflow/local/walk.js';
import { LinkPolicy } from '../../../src/mlflow/trust/links.js';
import { temporaryDirectory } from '../../support/temporary.js';

function walk(directory: string): { files: string[]; errors: string[] } {
  const found = [...walkFiles(directory, new LinkPolicy(false).within(directory))];
  return {
    files: found.flatMap(({ path, found: what }) => ('stats' in what ? [path] : [])),
    errors: found.flatMap(({ path, found: what }) => ('error' in what ? [`${path}: ${what.error.message}`] : [])),
  };
}

test('directories are walked 200 deep, and one that lies deeper is told of', () => {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'd/'.repeat(210)), { recursive: true });
  writeFileSync(join(root, 'd/'.repeat(200), 'last.txt'), 'x');
  writeFileSync(join(root, 'd/'.repeat(201), 'too-deep.txt'), 'x');
  const { files, errors } = walk(root);
  expect(files).toEqual([`${'d/'.repeat(200)}last.txt`]);
  expect(errors).toEqual([expect.stringMatching(/^(d\/){200}d: .* is 200 directories deep/)]);
});

test('links that lead to millions of paths are followed to some of them, and the rest is told of', () => {
  const root = temporaryDirectory();
  for (let i = 0; i < 23; i++) {
    mkdirSync(join(root, `level${i}`));
    for (const name of ['a', 'b']) symlinkSync(`../level${i + 1}`, join(root, `level${i}`, name));
  }
  mkdirSync(join(root, 'level23'));
  writeFileSync(join(root, 'level23', 'x.txt'), 'x');
  const begun = performance.now();
  const { files, errors } = walk(root);
  expect(performance.now() - begun).toBeLessThan(15_000);
  expect(files).toContain('level0/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/x.txt');
  expect(files.length).toBeLessThan(100);
  expect(errors.length).toBeLessThan(2000);
  expect(errors[0]).toMatch('as 16 others do');
});

test('a link beside its target gives the files twice', () => {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'step_1'));
  writeFileSync(join(root, 'step_1', 'x.txt'), 'x');
  symlinkSync('step_1', join(root, 'latest'));
  expect(walk(root)).toEqual({ files: ['latest/x.txt', 'step_1/x.txt'], errors: [] });
  rmSync(join(root, 'latest'));
  expect(walk(root).files).toEqual(['step_1/x.txt']);
});
