// @ts-check
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * A temporary directory for stores and repositories, of which nothing remains.
 *
 * What has many files is removed only at the end: ext4 without a journal looks at every inode that was deleted in the last
 * minutes before it creates a file, and whoever was measured next would pay for it.
 */
export class Workspace {
  #count = 0;

  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** In the system's directory for temporary files, which TMPDIR moves. */
  static async create() {
    return new Workspace(await mkdtemp(join(tmpdir(), 'mlflow2aim-bench-')));
  }

  /**
   * The path of something that does not exist. All that was written before is on the disk by then, so that it is not
   * counted as the work of whoever is measured next.
   *
   * @param {string} name
   */
  async fresh(name) {
    await flush(this.path);
    this.#count++;
    return join(this.path, `${name}-${this.#count}`);
  }

  async dispose() {
    await rm(this.path, { recursive: true, force: true });
  }
}

/**
 * Waits until all that was written to the file system of this path is on the disk.
 *
 * @param {string} path
 */
export async function flush(path) {
  await promisify(execFile)('sync', process.platform === 'linux' ? ['-f', path] : []);
}
