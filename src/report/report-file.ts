import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConvertError, errorCode, toConvertError } from '../errors.js';
import type { ConvertEvents, ExperimentFailure, Warning } from '../events.js';
import type { RunReport } from '../outcome.js';
import { withReason } from '../summary/run-text.js';
import type { ConversionSummary } from '../summary/summary.js';
import type { Ending } from './ending.js';

/** The `format` of the file; docs/report.md says what is in it. */
const REPORT_FORMAT = 1;
/** Text gathered before it is written. */
const CHUNK_LENGTH = 64 * 1024;
/** Warnings about the conversion as a whole, and failed experiments; they are kept in memory until the end. */
const WARNINGS_KEPT = 1000;

/**
 * The report of a conversion, run by run. It grows beside the file it will be and takes its name at the end, so that
 * what is called FILE.json is always whole. Writing is synchronous, in large chunks: listeners cannot wait, so a slow
 * disk must slow down the conversion instead of filling the memory.
 */
export class ReportFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #descriptor: number;
  readonly #warnings: Warning[] = [];
  readonly #failedExperiments: ExperimentFailure[] = [];
  #source: { source: string; repo: string } | undefined;
  #buffer: string;
  #runs = 0;
  #open = true;
  #failure: ConvertError | undefined;

  /**
   * Creates the file that will become `path`.
   * @throws ConvertError `fatal` when that cannot be written
   */
  constructor(path: string, events: ConvertEvents, version: string) {
    this.#path = resolveTarget(path);
    this.#partial = `${this.#path}.${process.pid}.partial`;
    this.#descriptor = openForWriting(this.#partial, path);
    const started = new Date().toISOString();
    this.#buffer = `{"format":${REPORT_FORMAT},"tool":"mlflow2aim","version":${JSON.stringify(version)},"started":"${started}",\n"runs":[`;
    events.on('start', (source) => {
      this.#source = source;
    });
    events.on('run:done', (run) => this.#addRun(run));
    events.on('warning', (warning) => {
      if (this.#warnings.length < WARNINGS_KEPT) this.#warnings.push(warning);
    });
    events.on('experiment:failed', (failure) => {
      if (this.#failedExperiments.length < WARNINGS_KEPT) this.#failedExperiments.push(failure);
    });
  }

  /**
   * Completes the file and gives it its name; later calls do nothing.
   * @returns why the report could not be written, if so; the conversion itself has not suffered
   */
  finish(ending: Ending, summary: ConversionSummary): ConvertError | undefined {
    if (!this.#open) return this.#failure;
    this.#open = false;
    const rest = {
      warnings: this.#warnings,
      failedExperiments: this.#failedExperiments,
      ...this.#source,
      summary,
      finished: new Date().toISOString(),
      interrupted: ending.type === 'interrupted',
      ...(ending.type === 'failed' ? { error: { code: ending.code, message: ending.message } } : {}),
    };
    this.#buffer += `\n],\n${JSON.stringify(rest).slice(1)}\n`;
    this.#attempt(() => this.#flush());
    this.#attempt(() => closeSync(this.#descriptor));
    if (this.#failure === undefined) this.#rename();
    else removeQuietly(this.#partial);
    return this.#failure;
  }

  #rename(): void {
    try {
      renameSync(this.#partial, this.#path);
    } catch (cause) {
      const message = `The report is complete, but ${this.#path} could not be replaced.`;
      this.#failure = new ConvertError('fatal', 'report-unwritable', message, {
        cause,
        hint: `It is in ${this.#partial}.`,
      });
    }
  }

  #addRun(run: RunReport): void {
    if (!this.#open || this.#failure !== undefined) return;
    this.#buffer += `${this.#runs === 0 ? '' : ','}\n${JSON.stringify(withReason(run))}`;
    this.#runs += 1;
    if (this.#buffer.length >= CHUNK_LENGTH) this.#attempt(() => this.#flush());
  }

  #flush(): void {
    let bytes = Buffer.from(this.#buffer);
    this.#buffer = '';
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
  }

  /** Listeners must not throw: the first failure is kept for the end. */
  #attempt(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#failure ??= toConvertError(cause, 'fatal', this.#path);
    }
  }
}

/**
 * Follows links, so that renaming replaces the file and not the link that leads to it, also when there is no file yet.
 * @throws ConvertError `fatal` for what is no file, as `/dev/stdout` mostly is: renaming would replace even a device
 */
function resolveTarget(path: string): string {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return newTarget(path);
    if (there.isFile() && !isOutput(there)) return realpathSync(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  throw new ConvertError(
    'fatal',
    'report-unwritable',
    `The report cannot be written to ${path}: that is not a file of its own.`,
    {
      hint: 'Give --report the name of a file; --log-format json writes to stdout.',
    },
  );
}

/** Where the file will be: behind a link that leads nowhere yet. */
function newTarget(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
    ? resolveTarget(resolve(dirname(path), readlinkSync(path)))
    : path;
}

/** True for the file that stdout or stderr goes to: replaced, it would lose what they tell. */
function isOutput({ dev, ino }: Stats): boolean {
  return [1, 2].some((descriptor) => {
    try {
      const output = fstatSync(descriptor);
      return output.dev === dev && output.ino === ino;
    } catch {
      return false; // closed
    }
  });
}

function openForWriting(partial: string, path: string): number {
  try {
    return openSync(partial, 'w');
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'no file can be made there',
  ENOTDIR: 'its directory is a file',
  ELOOP: 'it is a link that leads to itself',
};

function unwritable(path: string, cause: unknown): ConvertError {
  const code = errorCode(cause) ?? '';
  const hasNoDirectory = code === 'ENOENT' && !existsSync(dirname(path));
  const why = hasNoDirectory ? 'its directory does not exist' : (REASONS[code] ?? String(code || cause));
  return new ConvertError('fatal', 'report-unwritable', `The report cannot be written to ${path}: ${why}.`, {
    cause,
    hint: 'Give --report a file in a directory that this user may write to.',
  });
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What was left of a report that failed is no news beside that failure.
  }
}
