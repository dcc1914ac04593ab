import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { VerifyTotals } from '../../src/verify/session/verify-totals.js';
import { mlflow2aim, scratch } from './harness.js';

export interface Verified {
  readonly code: number | null;
  readonly totals: VerifyTotals;
  /** The verdicts that there were. */
  readonly verdicts: readonly string[];
  /** What nothing explains. */
  readonly wrong: readonly string[];
}

/** What `mlflow2aim verify` says. */
export async function verify(source: string, repo: string, flags: readonly string[] = []): Promise<Verified> {
  const file = join(await scratch(), 'differences.jsonl');
  const args = ['verify', '--tracking-uri', source, '--repo', repo, '--json', '--differences', file, ...flags];
  const { code, stdout } = await mlflow2aim(args);
  const { totals } = JSON.parse(stdout) as { readonly totals: VerifyTotals };
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"severity":"error"'));
  const verdicts = Object.entries(totals.runs).flatMap(([verdict, count]) => (count > 0 ? [verdict] : []));
  return { code, totals, verdicts: verdicts.sort(), wrong: lines.slice(0, 10) };
}

/** Verifies a repository: nothing may be wrong. */
export async function expectSound(
  source: string,
  repo: string,
  flags: readonly string[] = [],
  code = 0,
): Promise<Verified> {
  const verified = await verify(source, repo, flags);
  expect(verified.wrong).toEqual([]);
  expect(verified).toMatchObject({ code, totals: { runs: { differs: 0, missing: 0, extra: 0, behind: 0 } } });
  return verified;
}
