import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { startCommand } from '../support/command-line.js';
import { exampleStore } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

let store: FileStoreBuilder;
beforeAll(() => {
  store = exampleStore();
});
afterAll(() => store.remove());

/** With so many descriptors Node itself does not start; with so many more than it needs a conversion gets through. */
const TOO_FEW = 20;
const MORE = 36;

test('wherever the open files come to their limit, a sentence says what to do', async () => {
  const limit = pLimit(2);
  const root = temporaryDirectory();
  const run = (files: number, args: readonly string[]) =>
    startCommand(['bash', '-c', `ulimit -n ${files}; exec "$@"`, 'bash'], args).ended;
  const attempt = (files: number) =>
    run(files, ['convert', '--tracking-uri', store.root, '--repo', join(root, String(files)), '--quiet']);
  // how many are open before the program runs depends on who has started it
  let first = TOO_FEW;
  while ((await run(first, ['--version'])).code !== 0) first++;
  const limits = Array.from({ length: MORE / 2 + 1 }, (_, i) => first + 2 * i);
  const ends = await Promise.all(limits.map((files) => limit(attempt, files)));
  for (const [i, { code, stderr }] of ends.entries()) {
    const said = code === 0 ? 'done' : stderr;
    expect(`${limits[i]}: ${said}`).toMatch(/: (done|error: .* (Lower --concurrency|raise ulimit -n).*\n)$/s);
    expect(said).not.toContain('Internal error');
  }
  expect(ends.at(-1)?.code).toBe(0);
  expect(ends[0]?.code).toBe(1);
});
