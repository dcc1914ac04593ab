import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { errorCode } from '../../errors.js';
import type { Allowed, Compared, RunVerdict } from '../compare/verdict.js';

/** A run that was found to be as it has to be. */
interface Verified {
  readonly state: string;
  readonly verdict: 'equal' | 'expected';
  readonly allowed: Allowed;
  readonly compared: Compared;
}

/** Lines that are written at once. */
const BATCH = 100;

/**
 * What a verification that was broken off has found to be as it has to be: the next one need not look at it again, as long as neither
 * side has changed. A file with one line of JSON for each run; gone when a verification has come to its end.
 */
export class VerifiedRuns {
  private readonly before: ReadonlyMap<string, Verified>;
  private waiting: string[] = [];
  private isWritable = true;

  constructor(private readonly file: string) {
    this.before = new Map(linesOf(file).flatMap(parse));
  }

  /** How many runs an earlier verification has verified. */
  get size(): number {
    return this.before.size;
  }

  get(hash: string): Verified | undefined {
    return this.before.get(hash);
  }

  add({ hash, verdict, allowed, compared, findings, unread }: RunVerdict, state: string): void {
    if ((verdict !== 'equal' && verdict !== 'expected') || findings.length > 0 || unread.length > 0) return;
    this.waiting.push(`${JSON.stringify([hash, { state, verdict, allowed, compared } satisfies Verified])}\n`);
    if (this.waiting.length >= BATCH) this.flush();
  }

  /** The verification was broken off: what it has found stays. */
  flush(): void {
    const text = this.waiting.join('');
    this.waiting = [];
    if (text === '' || !this.isWritable) return;
    try {
      appendFileSync(this.file, text);
    } catch {
      // a repository that may only be read is verified as well; it is begun anew then
      this.isWritable = false;
    }
  }

  /** The verification has come to its end. */
  finish(): void {
    this.waiting = [];
    try {
      rmSync(this.file, { force: true });
    } catch {
      this.isWritable = false;
    }
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return [];
  }
}

/** Nothing of a line that was cut off. */
function parse(line: string): [string, Verified][] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as [string, Verified]];
  } catch {
    return [];
  }
}
