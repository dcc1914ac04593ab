import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { syncDirectories, syncPath } from '../../src/aim/durability.js';
import { built, startScript } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

let root: string;
beforeEach(() => {
  root = temporaryDirectory();
});

function directories(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const directory = join(root, String(i));
    mkdirSync(directory);
    for (const name of ['a', 'b']) writeFileSync(join(directory, name), 'x');
    return directory;
  });
}

describe('syncing', () => {
  test('files and directories', async () => {
    const [directory] = directories(1);
    await syncPath(directory!);
    await syncPath(join(directory!, 'a'));
  });

  test('what is not there is an error, not silence', async () => {
    await expect(syncPath(join(root, 'gone'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(syncDirectories([...directories(3), join(root, 'gone')])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([0, 1, 15, 16, 40])('%p directories', async (count) => {
    await expect(syncDirectories(directories(count))).resolves.toBeUndefined();
  });
});

test('where there is no sync(1), many directories are synced one by one', async () => {
  const attempt = (paths: readonly string[]) => `
    process.env.PATH = ${JSON.stringify(root)};
    const { syncDirectories } = await import(${JSON.stringify(built('aim/durability.js'))});
    await syncDirectories(${JSON.stringify(paths)}).then(() => console.log('done'), ({ code }) => console.log(code));`;
  const many = directories(20);
  expect((await startScript(attempt(many)).ended).stdout).toBe('done\n');
  // one by one, it is noticed that one is missing
  expect((await startScript(attempt([...many, join(root, 'gone')])).ended).stdout).toBe('ENOENT\n');
});
