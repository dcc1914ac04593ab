import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFatal, ConvertError } from '../errors.js';

/** A temporary directory of the system's (`$TMPDIR`): a plan writes nowhere else. */
export class Scratch {
  readonly directory: string;

  private constructor() {
    try {
      this.directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-plan-'));
    } catch (cause) {
      const { code, message } = asFatal(cause, tmpdir());
      const hint = 'A plan needs room for temporary files in $TMPDIR, else in /tmp.';
      throw new ConvertError('fatal', code, message, { where: tmpdir(), hint, cause });
    }
  }

  /** Makes the directory; throws a `fatal` error where that is not possible. */
  static make(): Scratch {
    return new Scratch();
  }

  /** A new directory in it. */
  subdirectory(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
