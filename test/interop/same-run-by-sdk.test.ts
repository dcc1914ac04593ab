import { expect, test } from '@jest/globals';
import { some } from './compare.js';
import { convert, makeStore, type Shape, scratch } from './harness.js';
import { python } from './python.js';
import { dump } from './rocks.js';

type Records = Readonly<Record<string, unknown>>;

// Where a converted repository may differ from one that Aim's SDK wrote with the same content. Both are declared in
// docs/mapping.md, “Metrics”; nothing else is.

/**
 * First and last values of objects, which the SDK keeps and a converted run leaves out: no reader of Aim uses them, and
 * each image would be there five times.
 */
const OBJECT_ENDS = /^(BLOBS )?(\/meta\/chunks\/[^/]+\/traces\/-?\d+\/.*?)\/(first|last)(\/.*)?$/s;

/** Where all steps of a sequence are negative the SDK writes no `last`; a converted run always has one. */
const LAST = /^(\/meta\/chunks\/[^/]+\/traces\/-?\d+\/.*)\/(last|last_step)$/s;

test.each<[Shape, string[]]>([
  ['edge', ['--repeated-steps', 'split']],
  ['edge', []],
  ['artifacts', ['--terminal-log', 'text/*.log']],
])('the %s store, with %j, is what the SDK would have written, record by record', async (shape, flags) => {
  const repo = await scratch();
  await convert(await makeStore(shape), repo, flags);
  const replayed = await scratch();
  await python(['replay_by_sdk.py', repo, replayed]);
  const [ours, theirs] = [await dump(repo), await dump(replayed)];
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].filter((name) => name.includes('chunks'));
  expect(names.length).toBeGreaterThan(0);
  const found = names.flatMap((name) => undeclared(name, ours[name] ?? {}, theirs[name] ?? {}));
  expect(some(found)).toBe('');
});

function undeclared(database: string, ours: Records, theirs: Records): string[] {
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  const differing = keys.filter((key) => JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]));
  return differing
    .filter((key) => !isDeclared(key, ours, theirs))
    .map((key) => `${database} ${key}: converted ${text(ours[key])}, SDK ${text(theirs[key])}`);
}

function isDeclared(key: string, ours: Records, theirs: Records): boolean {
  const sequence = LAST.exec(key)?.[1];
  const isNegative = String(ours[`${sequence}/first_step`]).startsWith('int:-');
  if (sequence !== undefined && isNegative && theirs[key] === undefined) return true;
  const object = OBJECT_ENDS.exec(key)?.[2];
  return object !== undefined && theirs[`${object}/version`] === 'int:1' && ours[key] === undefined;
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120);
}
