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

/** So many descriptors Node itself needs before it runs anything; with the last of these a conversion gets through. */
const FROM = 25;
const TO = 61;

test('wherever the open files come to their limit, a sentence says what to do', async () => {
  const limit = pLimit(2);
  const root = temporaryDirectory();
  const attempt = async (files: number) => {
    const args = ['convert', '--tracking-uri', store.root, '--repo', join(root, String(files)), '--quiet'];
    return startCommand(['bash', '-c', `ulimit -n ${files}; exec "$@"`, 'bash'], args).ended;
  };
  const limits = Array.from({ length: (TO - FROM) / 2 + 1 }, (_, i) => FROM + 2 * i);
  const ends = await Promise.all(limits.map((files) => limit(attempt, files)));
  for (const [i, { code, stderr }] of ends.entries()) {
    const said = code === 0 ? 'done' : stderr;
    expect(`${limits[i]}: ${said}`).toMatch(/: (done|error: .* (Lower --concurrency|raise ulimit -n).*\n)$/s);
    expect(said).not.toContain('unforeseen');
  }
  expect(ends.at(-1)?.code).toBe(0);
  expect(ends[0]?.code).toBe(1);
});
