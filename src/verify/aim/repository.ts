import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import type { Report, RunContents } from '../contents.js';
import { IndexReader } from './index-reader.js';
import { RunRows } from './rows.js';
import { type OpenRun, RunReader } from './run.js';
import { isDamage } from './run-sequences.js';

/** The version of Aim's files that is understood (docs/aim-repo-format.md §1). */
const DATA_VERSION = '1.3';

/** What became of a run: read, or damaged, which was reported; or gone before it was opened. */
export type RunVerdict = 'read' | 'damaged' | 'gone';

/** An Aim repository, opened for reading. Nothing in it is ever changed. A thread has one of its own. */
export class AimRepository {
  /** The absolute path of `.aim`. */
  readonly path: string;
  private readonly reader: RunReader;
  private openedIndex: { readonly reader: IndexReader | undefined } | undefined;

  private constructor(
    path: string,
    /** Hears of all that is not as it has to be. */
    private readonly report: Report,
  ) {
    this.path = path;
    this.reader = new RunReader(report);
  }

  /**
   * Opens the repository in a directory, which may also be named by its `.aim`. Throws a `fatal` {@link ConvertError}:
   * `repository-not-found`, or `unsupported-version` for one of another version of Aim.
   */
  static open(directory: string, report: Report): AimRepository {
    const named = resolve(directory);
    const path = basename(named) === '.aim' ? named : join(named, '.aim');
    const version = readVersion(path);
    if (version !== DATA_VERSION) {
      const message = `The Aim repository ${path} has data version ${version}; only version ${DATA_VERSION} can be verified.`;
      throw new ConvertError('fatal', 'unsupported-version', message, { where: path });
    }
    return new AimRepository(path, report);
  }

  /** Aim's relational database; see {@link RunRows.open}. Loads SQLite. */
  openRows(): RunRows {
    return RunRows.open(join(this.path, 'run_metadata.sqlite'));
  }

  /** The hashes of all runs that have attributes, sorted. */
  hashes(): string[] {
    return directories(join(this.path, 'meta', 'chunks'));
  }

  /**
   * Opens a run, gives it to `visit`, and checks what the index and stray records are. A visit that reads all points of all
   * sequences checks their structure; without `visit` that is done here. Damage is reported and not thrown; other errors are.
   */
  checkRun(hash: string, visit: (run: RunContents) => void = readAll): RunVerdict {
    let run: OpenRun | undefined;
    try {
      run = this.reader.open({ hash, ...this.placeOf(hash) });
      visit(run);
      run.finish();
      if (this.index !== undefined) run.compareWith(this.index);
      return 'read';
    } catch (error) {
      if (!(error instanceof ConvertError)) throw error;
      if (error.code === 'not-found' && run === undefined) return 'gone';
      if (!isDamage(error)) throw error;
      const file = error.where ?? `meta/chunks/${hash}`;
      this.report({ code: 'database-damaged', severity: 'error', run: hash, file, found: error.message });
      return 'damaged';
    } finally {
      run?.close();
    }
  }

  /**
   * Checks what belongs to no run that has a database: rows without one, databases without a row, entries of the index
   * without either, and files that an interrupted conversion has left behind.
   *
   * @param rows the hashes of all rows
   */
  checkLayout(rows: ReadonlySet<string>): void {
    const { path, report } = this;
    const runs = new Set(this.hashes());
    for (const run of rows) {
      if (!runs.has(run)) report({ code: 'row-without-database', severity: 'error', run, file: `meta/chunks/${run}` });
    }
    for (const run of runs) if (!rows.has(run)) report({ code: 'database-without-row', severity: 'error', run });
    for (const run of directories(join(path, 'seqs', 'chunks'))) {
      // points are published before attributes: whoever was interrupted between them begins again
      if (runs.has(run) || rows.has(run)) continue;
      report({ code: 'file-leftover', severity: 'note', run, file: `seqs/chunks/${run}` });
    }
    for (const name of directories(join(path, 'mlflow2aim.staging'))) {
      report({ code: 'file-leftover', severity: 'note', file: `mlflow2aim.staging/${name}` });
    }
    this.index?.reportOthers((hash) => runs.has(hash) || rows.has(hash), report);
  }

  close(): void {
    this.openedIndex?.reader?.close();
  }

  /** Undefined where there is none or it is damaged, which is reported once. */
  private get index(): IndexReader | undefined {
    this.openedIndex ??= { reader: IndexReader.open(this.path, this.report) };
    return this.openedIndex.reader;
  }

  private placeOf(hash: string): { meta: string; seqs: string } {
    return { meta: join(this.path, 'meta', 'chunks', hash), seqs: join(this.path, 'seqs', 'chunks', hash) };
  }
}

/** Reads every point of a run, for the sake of the checks. */
function readAll(run: RunContents): void {
  for (const sequence of run.sequences) {
    const points: Iterator<unknown> = sequence.points();
    while (points.next().done !== true);
  }
}

function readVersion(path: string): string {
  try {
    return readFileSync(join(path, 'VERSION'), 'utf8').trim();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw toConvertError(error, 'fatal', path);
    throw new ConvertError('fatal', 'repository-not-found', `There is no Aim repository in ${path}.`, {
      where: path,
      hint: 'Name the directory that holds .aim with --repo.',
    });
  }
}

function directories(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() === true)
    .sort();
}
