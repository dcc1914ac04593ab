import { statSync } from 'node:fs';
import { ConvertError } from '../errors.js';
import type { Repository } from './repository.js';

/** Another repository is in the place of ours: nothing may be written any more, and waiting does not help. */
export class RepositoryReplacedError extends ConvertError {}

/**
 * Identifies the repository that was opened and locked: the directory, the lock and Aim's database, by device and inode. A
 * lock is held on the file, not on its name: a repository that is moved away keeps our lock, and whatever replaces it is
 * unlocked.
 */
export class RepositoryIdentity {
  private readonly files: ReadonlyMap<string, string>;

  /** @param repository opened, and locked by us */
  constructor(private readonly repository: Repository) {
    const { path, lockFile, metadataFile } = repository;
    this.files = new Map([path, lockFile, metadataFile].map((file) => [file, inodeOf(file) ?? '']));
  }

  /**
   * Throws a `fatal` error when the repository is gone, and a {@link RepositoryReplacedError} when another is in its place.
   */
  check(): void {
    for (const [file, inode] of this.files) {
      const now = inodeOf(file);
      if (now === inode) continue;
      const { path } = this.repository;
      if (now === undefined) {
        throw new ConvertError(
          'fatal',
          'repository-not-found',
          `The Aim repository ${path} is not there any more (${file}).`,
          {
            where: path,
            hint: 'Put it back where it was.',
          },
        );
      }
      throw new RepositoryReplacedError(
        'fatal',
        'repository-replaced',
        `The Aim repository ${path} has been replaced by another (${file}).`,
        {
          where: path,
          hint: 'Nothing is written into it; run again to convert into the one that is there now.',
        },
      );
    }
  }

  get isHere(): boolean {
    try {
      this.check();
      return true;
    } catch {
      return false;
    }
  }
}

function inodeOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
