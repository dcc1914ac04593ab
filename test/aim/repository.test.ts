import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { ConvertError } from '../../src/errors.js';
import { built, startScript } from '../support/command-line.js';
import { changedPaths, listing } from '../support/file-listing.js';
import { temporaryDirectory } from '../support/temporary.js';

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});

const aim = () => join(directory, '.aim');

function changeSchema(sql: string): void {
  const database = new DatabaseSync(join(aim(), 'run_metadata.sqlite'));
  database.exec(sql);
  database.close();
}

function refusal(path = directory): ConvertError {
  try {
    Repository.open(path);
  } catch (error) {
    expect(error).toBeInstanceOf(ConvertError);
    return error as ConvertError;
  }
  throw new Error('The repository was opened.');
}

describe('a repository that is not there', () => {
  test('is created with what Aim needs, directories on the way included', () => {
    const deep = join(directory, 'a', 'b');
    const { path } = Repository.open(deep);
    expect(path).toBe(join(deep, '.aim'));
    expect(readdirSync(deep)).toEqual(['.aim']);
    expect(Object.keys(listing(path)).sort()).toEqual([
      '',
      '/VERSION',
      '/locks',
      '/meta',
      '/meta/chunks',
      '/progress',
      '/run_metadata.sqlite',
      '/seqs',
      '/seqs/chunks',
    ]);
    expect(readFileSync(join(path, 'VERSION'), 'latin1')).toBe('1.3\n');
  });

  test('has the tables and the revision of aim 3.29', () => {
    Repository.open(directory);
    const database = new DatabaseSync(join(aim(), 'run_metadata.sqlite'), { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    expect(tables.map((row) => (row as { name: string }).name)).toEqual([
      'alembic_version',
      'experiment',
      'note',
      'note_audit_log',
      'run',
      'run_info',
      'run_tag',
      'tag',
    ]);
    expect({ ...(database.prepare('SELECT * FROM alembic_version').get() as object) }).toEqual({
      version_num: '46b89d830ad8',
    });
    database.close();
  });

  test('is created whole or not at all', async () => {
    // the last file that is written is in the way, so building fails half-way
    const script = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.writeFileSync = () => { throw Object.assign(new Error('no space'), { code: 'ENOSPC' }); };
      syncBuiltinESMExports();
      const { Repository } = await import(${JSON.stringify(built('aim/repository.js'))});
      try { Repository.open(${JSON.stringify(directory)}); } catch (error) { console.log(error.kind, error.sentence); }`;
    const { stdout } = await startScript(script).ended;
    expect(stdout).toContain(`fatal ${aim()} could not be written: no space left. Free some space and run again.`);
    expect(existsSync(aim())).toBe(false);
  });

  test('leaves nothing of what a failed attempt has built', async () => {
    const script = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.writeFileSync = () => { throw Object.assign(new Error('no space'), { code: 'ENOSPC' }); };
      syncBuiltinESMExports();
      const { Repository } = await import(${JSON.stringify(built('aim/repository.js'))});
      try { Repository.open(${JSON.stringify(directory)}); } catch {}`;
    await startScript(script).ended;
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a repository that is there', () => {
  test('is opened as it is, by its directory, by .aim itself, and through a link', () => {
    const { path } = Repository.open(directory);
    const before = listing(path);
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directory, link);
    expect(Repository.open(path).path).toBe(path);
    expect(Repository.open(`${path}/`).path).toBe(path);
    expect(Repository.open(link).path).toBe(join(link, '.aim'));
    expect(Repository.open(directory).path).toBe(path);
    expect(changedPaths(before, listing(path))).toEqual([]);
  });

  test('of Aim, without runs so far, gets the folders of the runs', () => {
    const { path } = Repository.open(directory);
    rmSync(join(path, 'meta'), { recursive: true });
    rmSync(join(path, 'seqs'), { recursive: true });
    expect(Repository.open(directory).hashes()).toEqual([]);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(['meta', 'seqs']));
  });

  test('lists its runs', () => {
    const repository = Repository.open(directory);
    for (const hash of ['b', 'a']) mkdirSync(repository.meta(hash));
    expect(repository.hashes().sort()).toEqual(['a', 'b']);
    expect(Repository.at(repository.path).seqs('a')).toBe(join(repository.path, 'seqs', 'chunks', 'a'));
  });
});

test('a file in the place of its directory is named, also by what only looks', () => {
  const file = join(directory, 'mlflow.db');
  writeFileSync(file, '');
  for (const place of [file, join(file, 'aim')]) {
    expect(refusal(place)).toMatchObject({ code: 'wrong-type', message: `${file} is a file, not a directory.` });
    expect(() => Repository.look(place)).toThrow(`${file} is a file, not a directory.`);
  }
});

describe('a repository that cannot be used is refused, and nothing is touched', () => {
  const broken: [string, () => void, RegExp][] = [
    [
      'of an earlier version',
      () => writeFileSync(join(aim(), 'VERSION'), '1.2\n'),
      /data version 1\.2.*writes.*1\.3.*Repo\('.*', init=True\)/,
    ],
    [
      'of a later version',
      () => writeFileSync(join(aim(), 'VERSION'), '1.4\n'),
      /data version 1\.4.*writes.*1\.3\. A later version of Aim has made or upgraded it/,
    ],
    ['without VERSION', () => rmSync(join(aim(), 'VERSION')), /is no Aim repository: it has no VERSION/],
    ['of an empty VERSION', () => writeFileSync(join(aim(), 'VERSION'), ''), /data version/],
    [
      'of an earlier alembic revision',
      () => changeSchema("UPDATE alembic_version SET version_num = 'b07e7b07c8ce'"),
      /schema revision b07e7b07c8ce.*46b89d830ad8.*init=True/,
    ],
    [
      'of an alembic revision that this Aim does not know',
      () => changeSchema("UPDATE alembic_version SET version_num = 'ffffffffffff'"),
      /schema revision ffffffffffff.*46b89d830ad8.*A later version of Aim/,
    ],
    [
      'of two revisions',
      () => changeSchema("INSERT INTO alembic_version VALUES ('ffffffffffff')"),
      /schema revision .* and /,
    ],
    ['without a revision', () => changeSchema('DELETE FROM alembic_version'), /schema revision none/],
    ['without the table of revisions', () => changeSchema('DROP TABLE alembic_version'), /is no database of Aim/],
    [
      'whose metadata is no database',
      () => writeFileSync(join(aim(), 'run_metadata.sqlite'), 'x'.repeat(5000)),
      /is no database of Aim/,
    ],
    ['whose metadata is empty', () => writeFileSync(join(aim(), 'run_metadata.sqlite'), ''), /is no database of Aim/],
    [
      'without run_metadata.sqlite',
      () => rmSync(join(aim(), 'run_metadata.sqlite')),
      /\.aim has no run_metadata\.sqlite\. Bring it up to date/,
    ],
    [
      'without run_metadata.sqlite, and with runs',
      () => {
        rmSync(join(aim(), 'run_metadata.sqlite'));
        mkdirSync(join(aim(), 'meta/chunks/a'));
      },
      /\.aim has no run_metadata\.sqlite\. .*Put back a backup/,
    ],
  ];

  test.each(broken)('%s', (_, damage, message) => {
    Repository.open(directory);
    damage();
    const before = listing(directory);
    const error = refusal();
    expect(error.kind).toBe('fatal');
    expect(error.sentence).toMatch(message);
    expect(error.message).toMatch(/\.$/);
    expect(changedPaths(before, listing(directory))).toEqual([]);
  });

  test('a file in the place of .aim', () => {
    writeFileSync(aim(), 'not a directory');
    const before = listing(directory);
    expect(refusal().kind).toBe('fatal');
    expect(refusal().sentence).toContain(aim());
    expect(changedPaths(before, listing(directory))).toEqual([]);
  });

  test('a file in the place of the directory', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(refusal(file).sentence).toContain(file);
    expect(refusal(join(file, 'below')).sentence).toContain(file);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux.each(['/proc/no-such/place', '/proc'])('%s, where no directory can be made, at once', (place) => {
    expect(refusal(place).sentence).toContain(place.split('/', 3).join('/'));
  });

  test('is a fatal error also where the system says why', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(refusal(join(file, 'below')).kind).toBe('fatal');
  });
});

/** Root may write everywhere, so as root the attempt is made by a process of nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};

describe('without the right to write', () => {
  const script = (module: string, act: string) => `
    const { Repository } = await import(${JSON.stringify(built('aim/repository.js'))});
    const { RepositoryLock } = await import(${JSON.stringify(built('aim/repository-lock.js'))});
    try { ${act} console.log('done'); }
    catch (error) { console.log(error.name, error.kind, '|', error.sentence ?? error.message); } // ${module}`;

  async function attempt(act: string): Promise<string> {
    const { stdout, stderr } = await startScript(script('repository', act), nobody).ended;
    expect(stderr).toBe('');
    return stdout;
  }

  test('a repository is not created, and the sentence names it', async () => {
    chmodSync(directory, 0o555);
    const said = await attempt(`Repository.open(${JSON.stringify(directory)});`);
    expect(said).toMatch(
      /^ConvertError fatal \| .*\.aim cannot be (accessed|created|read|opened): permission denied\. Give this user access/,
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  test('one that may only be read is refused by its lock, in a sentence', async () => {
    const { path, lockFile } = Repository.open(directory);
    chmodSync(directory, 0o755);
    chmodSync(path, 0o555);
    const before = listing(path);
    const said = await attempt(
      `Repository.open(${JSON.stringify(directory)}); RepositoryLock.take(${JSON.stringify(lockFile)});`,
    );
    expect(said).toMatch(/^ConvertError fatal \| /);
    expect(said).toContain(lockFile);
    expect(changedPaths(before, listing(path))).toEqual([]);
  });
});

test('a repository whose metadata a crash left in the middle of a transaction is opened', async () => {
  const { metadataFile } = Repository.open(directory);
  const sqlite = import.meta.resolve('@photostructure/sqlite');
  // SQLite writes a transaction into the database when its cache is full; what was there before is in the journal
  const script = `
    import { DatabaseSync } from ${JSON.stringify(sqlite)};
    const database = new DatabaseSync(${JSON.stringify(metadataFile)});
    database.exec('PRAGMA cache_size = 1; BEGIN IMMEDIATE');
    for (let i = 0; i < 500; i++) database.exec("INSERT INTO tag (uuid, name) VALUES ('" + i + "', '" + 'x'.repeat(500) + i + "')");
    process.kill(process.pid, 'SIGKILL');`;
  expect((await startScript(script).ended).signal).toBe('SIGKILL');
  expect(existsSync(`${metadataFile}-journal`)).toBe(true);
  Repository.open(directory);
  const database = new DatabaseSync(metadataFile);
  expect({ ...(database.prepare('SELECT count(*) AS tags FROM tag').get() as object) }).toEqual({ tags: 0 });
  database.close();
});
