import { DatabaseSync } from '@photostructure/sqlite';
import { displayedUri } from '../mlflow/locations/displayed-uri.js';
import { uriTarget } from '../mlflow/locations/file-uri.js';
import type { SourceOptions } from '../options.js';
import { type ArtifactPolicy, DEFAULT_ARTIFACTS, DEFAULT_MAPPING, type MappingPolicy } from '../policies.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { sqliteFailure } from '../sqlite/errors.js';
import { hasTable } from '../sqlite/tables.js';

/** What decided about the content of a run when it was converted. */
export interface Policies {
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** Without speed limits and credentials. */
  readonly source: Omit<SourceOptions, 'concurrency' | 'requestsPerSecond'>;
  /** The version of a program's own stages, if it had any: only that program knows what they did. */
  readonly stages?: string | undefined;
}

/** A table in the ledger's file: the policies for each digest in the column `inputs` of its runs. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS policies (
  inputs TEXT PRIMARY KEY,
  policies TEXT NOT NULL
) WITHOUT ROWID;
`;

/** Records in the ledger, in clear, the policies by which its runs were converted. */
export class RecordedPolicies {
  private constructor(
    private readonly file: string,
    private readonly text: string,
    private readonly known: Set<string>,
  ) {}

  /**
   * For a conversion by these policies. Forgets policies that no run in the ledger has any more. Throws a `fatal` error.
   *
   * @param file of the ledger, which exists
   */
  static begin(file: string, { mapping, artifacts, source, stages }: Policies): RecordedPolicies {
    const { concurrency: _, requestsPerSecond: __, artifactsDestination, ...rest } = source as SourceOptions;
    const place =
      artifactsDestination === undefined ? {} : { artifactsDestination: withoutCredentials(artifactsDestination) };
    const text = JSON.stringify({ mapping, artifacts, source: { ...rest, ...place }, stages });
    const rows = withDatabase(file, false, (database) => {
      database.exec(SCHEMA);
      database.exec('DELETE FROM policies WHERE inputs NOT IN (SELECT inputs FROM runs)');
      return database.prepare('SELECT inputs AS inputs FROM policies WHERE policies = ?').all(text);
    });
    return new RecordedPolicies(file, text, new Set((rows as { inputs: string }[]).map(({ inputs }) => inputs)));
  }

  /** The runs with these inputs are converted by the policies of this conversion. */
  remember(inputs: string): void {
    if (this.known.has(inputs)) return;
    withDatabase(this.file, false, (database) => {
      database.prepare('INSERT OR REPLACE INTO policies (inputs, policies) VALUES (?, ?)').run(inputs, this.text);
    });
    this.known.add(inputs);
  }
}

/** By the digest in the column `inputs` of a run, the policies by which it was converted. A ledger of an earlier version has none. */
export function readPolicies(file: string): ReadonlyMap<string, Policies> {
  const rows = withDatabase(file, true, (database) =>
    hasTable(database, 'policies')
      ? database.prepare('SELECT inputs AS inputs, policies AS policies FROM policies').all()
      : [],
  ) as { inputs: string; policies: string }[];
  const found = rows.flatMap(({ inputs, policies }) => {
    const parsed = parse(policies);
    return parsed === undefined ? [] : [[inputs, parsed] as const];
  });
  return new Map(found);
}

function parse(text: string): Policies | undefined {
  try {
    const { mapping, artifacts, source, stages } = JSON.parse(text) as Policies;
    // JSON has no infinity, which is what `--stale-after 0` means
    const staleAfter = mapping.staleAfter ?? Number.POSITIVE_INFINITY;
    return {
      mapping: { ...DEFAULT_MAPPING, ...mapping, staleAfter },
      artifacts: { ...DEFAULT_ARTIFACTS, ...artifacts },
      source,
      ...(stages !== undefined && { stages }),
    };
  } catch {
    return undefined;
  }
}

function withoutCredentials(place: string): string {
  return uriTarget(place).kind === 'local' ? place : displayedUri(place);
}

function withDatabase<T>(file: string, readOnly: boolean, use: (database: InstanceType<typeof DatabaseSync>) => T): T {
  try {
    const database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT });
    try {
      return use(database);
    } finally {
      database.close();
    }
  } catch (cause) {
    throw sqliteFailure(file, cause);
  }
}
