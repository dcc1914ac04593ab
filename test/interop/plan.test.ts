import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { RunReport } from '../../src/outcome.js';
import type { Plan } from '../../src/plan/plan-result.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { serve } from './aim-server.js';
import { convert, makeStore, mlflow2aim, type Report, type Shape, scratch } from './harness.js';
import { serveMlflow } from './mlflow-server.js';
import { pythonLines } from './python.js';

async function plan(store: string, repo: string, flags: readonly string[] = [], code = 0): Promise<Plan> {
  const ended = await mlflow2aim(['plan', store, repo, '--json', ...flags]);
  expect(`${ended.code} ${ended.code === code ? '' : ended.stderr}`).toBe(`${code} `);
  return JSON.parse(ended.stdout) as Plan;
}

/** What a conversion reported, as a plan tells it. */
function told({ runs }: Report) {
  const sum = (amount: (run: RunReport) => number) => runs.reduce((total, run) => total + amount(run), 0);
  const count = (outcome: string) => runs.filter((run) => run.outcome === outcome).length;
  return {
    runs: {
      new: count('new'),
      changed: count('updated'),
      unchanged: count('unchanged'),
      skipped: count('skipped'),
      failed: count('failed'),
    },
    params: sum(({ counts }) => counts.params),
    tags: sum(({ counts }) => counts.tags),
    points: sum(({ counts }) => counts.points + counts.pointsCollapsed),
    texts: sum(({ counts }) => counts.artifacts.text),
    links: sum(({ notices }) => notices.filter(({ kind }) => kind === 'artifact-skipped').length),
    incomplete: runs.filter(({ incomplete }) => incomplete !== undefined).length,
  };
}

function planned({ runs, content, incomplete, losses }: Plan) {
  const { params, tags, points, texts, links } = content;
  // images that are none, and pages without a figure, are seen only when they are read; the sample was all runs
  const isPage = (loss: Plan['losses'][number]) => loss.reason === 'no-kind' && loss.extension === 'html';
  const found = losses.filter((loss) => ['not-an-image', 'unreadable'].includes(loss.reason ?? '') || isPage(loss));
  const unread = found.reduce((sum, { items }) => sum + items, 0);
  return { runs, params, tags, points, texts: texts.files, links: links.files + unread, incomplete };
}

/** Figures in JSON files, of which a plan knows only that they are texts. */
const JSON_FIGURES: Partial<Record<Shape, number>> = { artifacts: 2 };

test.each<[Shape, readonly string[], number]>([
  ['edge', [], 0],
  ['artifacts', [], 0],
  ['old', [], 3],
])('a plan for the %s store with %j says what the conversion then reports', async (shape, flags, code) => {
  const store = await makeStore(shape);
  const repo = join(await scratch(), 'aim');
  const before = await plan(store, repo, [...flags, '--detailed-exitcode'], 5);
  expect(before.isNewRepository).toBe(true);
  expect(before.sampledRuns).toBe(before.runs.new);
  const { texts, ...converted } = told(await convert(store, repo, flags, code));
  expect(planned(before)).toEqual({ ...converted, texts: texts + (JSON_FIGURES[shape] ?? 0) });
  const after = await plan(store, repo, [...flags, '--detailed-exitcode']);
  expect(after).toMatchObject({ hasChanges: false, isNewRepository: false, runs: { new: 0, changed: 0 } });
});

test('a plan for a real server says what the conversion then reports', async () => {
  const server = await serveMlflow();
  await pythonLines(['contract_content.py', server.url]);
  const repo = join(await scratch(), 'aim');
  const before = await plan(server.url, repo);
  const { links, ...others } = planned(before);
  const { links: listed, ...reported } = told(await convert(server.url, repo));
  expect(others).toEqual(reported);
  expect(links).toBe(listed);
});

test('aim up keeps as many files open as a plan says', async () => {
  const store = new FileStoreBuilder();
  try {
    for (let i = 0; i < 120; i++) {
      const metrics = { loss: [{ timestamp: 1_700_000_000_000, value: i, step: 0n }] };
      store.run('1', { runId: i.toString().padStart(32, '0'), metrics });
    }
    const repo = join(await scratch(), 'aim');
    const { openFiles } = (await plan(store.root, repo)).requirements!;
    await convert(store.root, repo);
    const server = await serve(repo);
    await (await fetch(`${server.url}/api/runs/search/run?q=&limit=1000`)).arrayBuffer();
    await (await fetch(`${server.url}/api/runs/search/metric/?q=metric.name=="loss"&p=50`)).arrayBuffer();
    const open = mostFilesOpen(join(repo, '.aim'));
    await server.stop();
    expect(open).toBeGreaterThanOrEqual(120);
    expect(openFiles.needed).toBeGreaterThanOrEqual(open);
    expect(openFiles.needed).toBeLessThan(2 * open);
  } finally {
    store.remove();
  }
});

/** All open files of the process that has most of a repository's open. */
function mostFilesOpen(repository: string): number {
  const counts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      const files = filesOf(pid);
      return files.some((file) => file.startsWith(repository)) ? files.length : 0;
    });
  return Math.max(...counts);
}

function filesOf(pid: string): string[] {
  try {
    const directory = `/proc/${pid}/fd`;
    return readdirSync(directory).map((fd) => linkOf(join(directory, fd)));
  } catch {
    return []; // it has ended, or is another user's
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
