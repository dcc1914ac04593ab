import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const source = (file: string) =>
  readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
const page = readFileSync(new URL('../docs/codes.md', import.meta.url), 'utf8');

/** The members of a union of strings. */
function union(file: string, name: string): string[] {
  const [, members = ''] = new RegExp(`export type ${name} =([^;]*);`).exec(source(file)) ?? [];
  return [...members.matchAll(/'([\w-]+)'/g)].map(([, code = '']) => code);
}

/** The first column of the tables below a heading, up to the next table or heading. */
function listed(beginning: string): string[] {
  const rest = page.slice(page.indexOf(beginning) + beginning.length);
  const [table = ''] = /\| --- [\s\S]*?(?=\n\n|\n*$(?![\s\S]))/.exec(rest) ?? [];
  return [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, code = '']) => code);
}

test.each([
  ['errors.ts', 'ErrorCode', '## Errors'],
  ['outcome.ts', 'SkipCode', '## Skipped runs'],
  ['outcome.ts', 'RewriteReason', '## Rewrites'],
  ['events.ts', 'WarningCode', '## Warnings'],
  ['verify/contents.ts', 'StructureCode', '## Structure'],
  ['verify/compare/differences.ts', 'DifferenceCode', '## Differences'],
  ['model.ts', 'ArtifactSkipReason', '| reason of `artifact-skipped`'],
  ['model.ts', 'UnreachableReason', '| reason of `artifacts-unreachable`'],
])('%s: each %s is listed in docs/codes.md, and no other', (file, name, beginning) => {
  const codes = union(file, name);
  expect(codes.length).toBeGreaterThan(3);
  expect(listed(beginning).sort()).toEqual(codes.sort());
});

test('each kind of notice is listed in docs/codes.md, and no other', () => {
  const [, notices = ''] = /export type Notice =([\s\S]*?)\nexport /.exec(source('model.ts')) ?? [];
  const kinds = [...notices.matchAll(/kind: '([\w-]+)'/g)].map(([, kind = '']) => kind);
  expect(kinds.length).toBeGreaterThan(5);
  expect(listed('## Notices').sort()).toEqual(kinds.sort());
});
