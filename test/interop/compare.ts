import { pythonLines } from './python.js';

/** A run as expected.py and read_aim.py print it; the shape is told in those files. */
export type RunRecord = { readonly hash: string } & Readonly<Record<string, unknown>>;

interface IndexLine {
  readonly index: { readonly served_by: string; readonly problems: readonly string[] };
}

/** What Aim reads from a repository. */
export interface Reading {
  readonly runs: ReadonlyMap<string, RunRecord>;
  readonly indexProblems: readonly string[];
}

/** What the contract says that Aim must hold, run by run, of the store at a path or any tracking URI. */
export async function expectedRuns(store: string, flags: readonly string[] = []): Promise<Map<string, RunRecord>> {
  const runs = await pythonLines<RunRecord>(['expected.py', store, ...flags]);
  return new Map(runs.map((run) => [run.hash, run]));
}

/** What the real Aim reads. */
export async function readAim(repo: string): Promise<Reading> {
  const lines = await pythonLines<RunRecord | IndexLine>(['read_aim.py', repo]);
  const last = lines.pop() as IndexLine;
  const runs = lines as RunRecord[];
  return { runs: new Map(runs.map((run) => [run.hash, run])), indexProblems: last.index.problems };
}

/** Every difference, as a line that names the run, the place, and both values. Empty when all is as it should be. */
export function differences(
  expected: ReadonlyMap<string, RunRecord>,
  actual: ReadonlyMap<string, RunRecord>,
): string[] {
  const found: string[] = [];
  for (const [hash, run] of expected) {
    const read = actual.get(hash);
    if (read === undefined) found.push(`${hash} (${String(run.name)}): is not in Aim`);
    else found.push(...runDifferences(run, read).map((line) => `${hash} (${String(run.name)}) ${line}`));
  }
  for (const hash of actual.keys()) if (!expected.has(hash)) found.push(`${hash}: is in Aim, but should not be`);
  return found;
}

function runDifferences(expected: RunRecord, actual: RunRecord): string[] {
  const { log_records: records, ...rest } = expected;
  const { log_records: written, ...read } = actual;
  const found: string[] = [];
  compare(rest, read, '', found);
  return [...found, ...recordDifferences(records as ExpectedRecords, (written ?? []) as LogRecord[])];
}

/** How expected.py says what warnings a run carries: the wording is the converter's own. */
interface ExpectedRecords {
  /** kind → the number that its message must hold */
  readonly required: Readonly<Record<string, string>>;
  /** How many more there may be. */
  readonly optional: number;
  readonly level: string;
  readonly time: unknown;
}

interface LogRecord {
  readonly level: string;
  readonly message: string;
  readonly args: unknown;
  readonly timestamp: string;
  readonly time: string;
}

function recordDifferences(expected: ExpectedRecords, actual: LogRecord[]): string[] {
  const found: string[] = [];
  const free = new Set(actual);
  for (const [kind, number] of Object.entries(expected.required)) {
    const words = new RegExp(`(?<![0-9])${number}(?![0-9])`);
    const record = [...free].find((item) => words.test(`${item.message} ${JSON.stringify(item.args)}`));
    if (record === undefined) found.push(`log_records: none says “${kind}: ${number}”: ${JSON.stringify(actual)}`);
    else free.delete(record);
  }
  if (free.size > expected.optional) found.push(`log_records: more than expected: ${JSON.stringify([...free])}`);
  for (const record of actual) {
    compare(expected.level, record.level, 'log_records.level', found);
    compare(expected.time, record.time, 'log_records.time', found);
    compare(expected.time, record.timestamp, 'log_records.timestamp', found);
  }
  return found;
}

interface Open {
  readonly $oneOf?: readonly unknown[];
  readonly $any?: true;
  readonly $absent?: true;
}

const MISSING = Symbol('missing');

/** Compares JSON with JSON; an expectation may be open ({@link Open}). A missing key and `undefined` are the same. */
function compare(expected: unknown, actual: unknown, path: string, found: string[]): void {
  if (Object.is(expected, actual) || isMet(expected as Open | null, actual)) return;
  if (isObject(expected) && isObject(actual) && !('$oneOf' in expected)) compareObjects(expected, actual, path, found);
  else if (Array.isArray(expected) && Array.isArray(actual)) compareArrays(expected, actual, path, found);
  else found.push(line(path, expected, actual));
}

/** Whether an open expectation is met; a closed one never is. */
function isMet(open: Open | null, actual: unknown): boolean {
  if (open?.$any === true) return true;
  if (open?.$absent === true) return actual === MISSING || actual === undefined;
  return open?.$oneOf?.some((choice) => matches(choice, actual)) ?? false;
}

function matches(expected: unknown, actual: unknown): boolean {
  const found: string[] = [];
  compare(expected, actual, '', found);
  return found.length === 0;
}

function compareObjects(expected: object, actual: object, path: string, found: string[]): void {
  const theirs = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) {
    compare(value, theirs.has(key) ? theirs.get(key) : MISSING, `${path}.${key}`, found);
    theirs.delete(key);
  }
  for (const [key, value] of theirs) found.push(`${path}.${key}: not expected, but is ${show(value)}`);
}

function compareArrays(expected: readonly unknown[], actual: readonly unknown[], path: string, found: string[]): void {
  if (expected.length !== actual.length)
    found.push(`${path}: ${expected.length} items expected, ${actual.length} found`);
  const length = Math.min(expected.length, actual.length);
  for (let index = 0; index < length; index++) compare(expected[index], actual[index], `${path}[${index}]`, found);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function line(path: string, expected: unknown, actual: unknown): string {
  return `${path}: expected ${show(expected)}, found ${show(actual)}`;
}

function show(value: unknown): string {
  if (value === MISSING || value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Enough of a list of differences to work with. */
export function some(lines: readonly string[], limit = 40): string {
  const more = lines.length > limit ? `\n… and ${lines.length - limit} more` : '';
  return lines.slice(0, limit).join('\n') + more;
}
