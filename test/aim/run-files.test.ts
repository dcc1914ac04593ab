import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import {
  freeFileNumber,
  install,
  isBeingTracked,
  isSameAsPublished,
  orphans,
  removeStaged,
  stagedFiles,
  wasWrittenByAim,
} from '../../src/aim/run-files.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { currentManifest, DatabaseReader, readVersion, tableName } from '../../src/rocksdb/database.js';
import { readPoints } from '../support/aim-records.js';
import { stage } from '../support/staged-run.js';
import { temporaryDirectory } from '../support/temporary.js';

let repository: Repository;
beforeEach(() => {
  repository = Repository.open(temporaryDirectory());
});

const LOSS = sequenceId('loss', new Map());
const pointsOf = (hash: string) => readPoints(repository.seqs(hash), hash, LOSS).length;
const databases = (hash: string) => [repository.meta(hash), repository.seqs(hash)];

/** The files that CURRENT leads to, and CURRENT. */
function live(directory: string): string[] {
  const tables = readVersion(directory).files.map(({ number }) => tableName(number));
  return ['CURRENT', currentManifest(directory)!, ...tables].sort();
}

function publish(hash: string, points: number): string[] {
  return install(repository, hash, stage(repository, hash, points));
}

describe('a new run', () => {
  test('is moved into place whole', () => {
    expect(publish('a', 3)).toEqual([]);
    expect(pointsOf('a')).toBe(3);
    expect(readdirSync(repository.staging)).toEqual([]);
    expect(repository.hashes()).toEqual(['a']);
  });

  test('takes the place of a half one, which has no CURRENT', () => {
    for (const directory of databases('a')) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, '000004.sst'), 'half');
    }
    publish('a', 3);
    expect(pointsOf('a')).toBe(3);
    for (const directory of databases('a')) expect(readdirSync(directory).sort()).toEqual(live(directory));
  });

  test('takes over when only its points were moved before a crash', () => {
    publish('a', 3);
    rmSync(repository.meta('a'), { recursive: true });
    const obsolete = publish('a', 5);
    expect(pointsOf('a')).toBe(5);
    for (const file of obsolete) rmSync(file);
    for (const directory of databases('a')) expect(readdirSync(directory).sort()).toEqual(live(directory));
  });
});

describe('a run that is there already', () => {
  test('changes with CURRENT; what that makes obsolete is named and may go', () => {
    publish('a', 3);
    const before = databases('a').map(live);
    const obsolete = publish('a', 5);
    expect(pointsOf('a')).toBe(5);
    const expected = databases('a').flatMap((directory, i) =>
      before[i]!.filter((name) => name !== 'CURRENT').map((name) => join(directory, name)),
    );
    expect(obsolete.sort()).toEqual(expected.sort());
    for (const file of obsolete) rmSync(file);
    expect(pointsOf('a')).toBe(5);
    for (const directory of databases('a')) expect(readdirSync(directory).sort()).toEqual(live(directory));
  });

  test('is still read by those who opened it before', () => {
    publish('a', 3);
    const reader = new DatabaseReader(repository.seqs('a'));
    for (const file of publish('a', 5)) rmSync(file);
    expect([...reader.records()].length).toBe(4 + 4 * 3);
    reader.close();
  });

  test('gets file numbers that none of its files has had', () => {
    expect(freeFileNumber(repository, 'a')).toBe(1);
    publish('a', 3);
    const free = freeFileNumber(repository, 'a');
    writeFileSync(join(repository.seqs('a'), '000777.sst'), '');
    writeFileSync(join(repository.meta('a'), 'OPTIONS-000888'), '');
    expect(freeFileNumber(repository, 'a')).toBe(889);
    expect(free).toBeLessThan(777);
    publish('a', 4);
    expect(pointsOf('a')).toBe(4);
  });

  test('may lose its points, and get them back', () => {
    for (const points of [3, 0, 2]) {
      for (const file of publish('a', points)) rmSync(file);
      expect(pointsOf('a')).toBe(points);
    }
  });
});

describe('what was built and what is there', () => {
  test('are the same for the same run, whatever the file numbers', () => {
    publish('a', 3);
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', 3))).toBe(true);
    removeStaged(stagedFiles(repository, 'a'));
    publish('a', 4);
    publish('a', 3);
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', 3))).toBe(true);
    expect(isSameAsPublished(repository, 'a', stagedFiles(repository, 'a'))).toBe(true);
  });

  test.each([0, 2, 4])('differ when points do (%p)', (points) => {
    publish('a', 3);
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', points))).toBe(false);
  });

  test('differ when a byte does', () => {
    publish('a', 3);
    const [file] = readVersion(repository.seqs('a')).files;
    writeFileSync(join(repository.seqs('a'), tableName(file!.number)), Buffer.alloc(file!.size));
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', 3))).toBe(false);
  });

  test.each<[string, (directory: string) => void]>([
    ['a table', (directory) => rmSync(join(directory, tableName(readVersion(directory).files[0]!.number)))],
    ['the MANIFEST', (directory) => rmSync(join(directory, currentManifest(directory)!))],
    ['half of the MANIFEST', (directory) => truncateSync(join(directory, currentManifest(directory)!), 40)],
  ])('differ when %s is lost, so that it can be made good', (_, damage) => {
    publish('a', 3);
    damage(repository.seqs('a'));
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', 3))).toBe(false);
    install(repository, 'a', stagedFiles(repository, 'a'));
    expect(pointsOf('a')).toBe(3);
  });

  test.each(['meta', 'seqs'] as const)('differ when the %s database is not there', (which) => {
    publish('a', 3);
    rmSync(repository[which]('a'), { recursive: true });
    expect(isSameAsPublished(repository, 'a', stage(repository, 'a', 3))).toBe(false);
  });
});

test('orphans are found, and nothing that is in use', () => {
  publish('a', 3);
  publish('a', 5); // a crash came before its obsolete files were removed
  for (const directory of databases('a')) writeFileSync(join(directory, '009999.sst'), 'moved, and never referred to');
  for (const file of orphans(repository, 'a')) rmSync(file);
  expect(pointsOf('a')).toBe(5);
  for (const directory of databases('a')) expect(readdirSync(directory).sort()).toEqual(live(directory));
});

test('nothing is an orphan where Aim is opening the database, nor what is not RocksDB’s', () => {
  publish('a', 3);
  for (const directory of databases('a')) writeFileSync(join(directory, 'notes.txt'), 'of a person');
  expect(orphans(repository, 'a')).toEqual([]);
  for (const directory of databases('a')) {
    for (const name of ['LOCK', 'MANIFEST-000070']) writeFileSync(join(directory, name), '');
  }
  expect(orphans(repository, 'a')).toEqual([]);
  expect(wasWrittenByAim(repository, 'a')).toBe(true);
});

test('what was staged is removed, also when it is not there', () => {
  const files = stage(repository, 'a', 3);
  removeStaged(files);
  removeStaged(files);
  expect([existsSync(files.meta), existsSync(files.seqs)]).toEqual([false, false]);
});

describe('what Aim has done with a run', () => {
  test.each(['meta', 'seqs'] as const)('is seen by the options it leaves in %s', (which) => {
    expect(wasWrittenByAim(repository, 'a')).toBe(false);
    publish('a', 3);
    expect(wasWrittenByAim(repository, 'a')).toBe(false);
    writeFileSync(join(repository[which]('a'), 'OPTIONS-000007'), '');
    expect(wasWrittenByAim(repository, 'a')).toBe(true);
    expect(wasWrittenByAim(repository, 'b')).toBe(false);
  });

  test.each(['locks/a.softlock', 'meta/progress/a', 'seqs/progress/a'])('is going on while there is %s', (marker) => {
    expect(isBeingTracked(repository, 'a')).toBe(false);
    const file = join(repository.path, marker);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    expect(isBeingTracked(repository, 'a')).toBe(true);
    expect(isBeingTracked(repository, 'b')).toBe(false);
  });
});
