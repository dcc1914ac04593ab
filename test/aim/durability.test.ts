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

test('each directory of a new repository reaches the disk in the one that holds it, which does so itself', async () => {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { dirname } from 'node:path';
    const { openSync, mkdirSync, renameSync, fsyncSync } = fs;
    const paths = new Map();
    const waiting = new Set();
    fs.openSync = (path, ...rest) => { const fd = openSync(path, ...rest); paths.set(fd, String(path)); return fd; };
    fs.mkdirSync = (path, ...rest) => { const made = mkdirSync(path, ...rest); waiting.add(dirname(path)); return made; };
    fs.renameSync = (from, to) => { renameSync(from, to); waiting.add(dirname(to)); };
    fs.fsyncSync = (fd) => { fsyncSync(fd); waiting.delete(paths.get(fd).replace(/\\/\\.$/, '')); };
    syncBuiltinESMExports();
    const { Repository } = await import(${JSON.stringify(built('aim/repository.js'))});
    const { IndexDatabase } = await import(${JSON.stringify(built('aim/index-database.js'))});
    const repository = Repository.open(${JSON.stringify(join(root, 'new', 'and', 'deep'))});
    const index = IndexDatabase.open(repository.index, { staging: repository.staging, isHeld: () => false });
    console.log(JSON.stringify([...waiting]));`;
  const { stdout, stderr } = await startScript(script).ended;
  expect([stdout, stderr]).toEqual(['[]\n', '']);
});
