import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { VerifyTextView } from '../../src/report/verify/verify-view.js';
import type { RunVerdict } from '../../src/verify/compare/verdict.js';
import type { Finding } from '../../src/verify/contents.js';
import { VerifyEvents } from '../../src/verify/session/verify-events.js';
import { outcomeOf, TotalsCounter, type VerifyTotals } from '../../src/verify/session/verify-totals.js';
import { type VerifyOptions, verify } from '../../src/verify.js';
import { exampleStore, id } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';
import { converted } from './verifying.js';

interface Checked {
  readonly totals: VerifyTotals;
  readonly runs: readonly RunVerdict[];
  readonly findings: readonly Finding[];
  /** What a person sees in the end. */
  readonly text: string;
}

async function check(repository: Repository, options: Partial<VerifyOptions> = {}): Promise<Checked> {
  const events = new VerifyEvents();
  const runs: RunVerdict[] = [];
  const findings: Finding[] = [];
  const pieces: string[] = [];
  const stdout = { write: (piece: string) => pieces.push(piece) > 0 };
  const stderr = { write: () => true };
  const view = new VerifyTextView(events, { stdout, stderr, quiet: false, live: false, isSilent: false });
  events.on('run', (run) => runs.push(run));
  events.on('finding', (finding) => findings.push(finding));
  const counter = new TotalsCounter(events);
  await verify({ repo: join(repository.path, '..'), inProcess: true, ...options }, events);
  const { totals } = counter;
  view.end({ outcome: outcomeOf(totals), totals, seconds: 1 });
  return { totals, runs, findings, text: pieces.join('') };
}

describe('without a source, the repository is checked by itself:', () => {
  test('a sound one', async () => {
    const repository = await converted(exampleStore().root);
    const { totals, runs, findings, text } = await check(repository);
    expect(runs.map(({ hash, verdict }) => [hash, verdict])).toEqual(['a', 'b', 'c'].map((end) => [id(end), 'equal']));
    expect(findings).toEqual([]);
    expect(totals).toMatchObject({ findings: 0, points: expect.any(Number) });
    expect(totals.points).toBeGreaterThan(100);
    expect(totals.files).toBe(4);
    expect(text).toMatch(/runs +3 +3 sound/);
    expect(text).toContain('The repository is sound.');
  });

  test('one with a damaged run, and one with a missing database', async () => {
    const repository = await converted(exampleStore().root);
    rmSync(repository.meta(id('b')), { recursive: true });
    const seqs = repository.seqs(id('a'));
    const table = join(seqs, readdirSync(seqs).find((name) => name.endsWith('.sst'))!);
    const bytes = readFileSync(table);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(table, bytes);
    const { totals, findings, text } = await check(repository);
    expect(totals.runs).toMatchObject({ equal: 1, differs: 1 });
    expect(findings).toContainEqual(expect.objectContaining({ code: 'row-without-database', run: id('b') }));
    expect(outcomeOf(totals)).toBe('differences');
    expect(text).toContain('does not match its checksum');
    expect(text).toMatch(/1 run is damaged; \d problems? of the repository/);
  });

  test('one that was moved, of which nothing is told but that Aim indexes it anew', async () => {
    const repository = await converted(exampleStore().root);
    const elsewhere = Repository.open(temporaryDirectory());
    rmSync(elsewhere.path, { recursive: true });
    cpSync(repository.path, elsewhere.path, { recursive: true });
    const { totals, text } = await check(elsewhere);
    expect(outcomeOf(totals)).toBe('as-expected');
    expect(text.match(/^note: .*$/gm)).toEqual([
      expect.stringContaining("the checksum in Aim's index is not that of the files, as after a repository was moved"),
    ]);
  });

  test('a sample of it', async () => {
    const repository = await converted(exampleStore().root);
    const { runs } = await check(repository, { sample: 0.000001 });
    expect(runs).toEqual([]);
  });
});
