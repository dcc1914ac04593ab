import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { serve } from './aim-server.js';
import { openPage } from './browser.js';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, PROJECT, scratch } from './harness.js';
import { pythonLines } from './python.js';

/** What people see in Aim, and what they find: one store (page_store.py), converted once, and one `aim up`. */
let store: string;
let repo: string;
let url: string;
/** Run ids by name. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  const directory = await scratch();
  store = join(directory, 'mlruns');
  repo = join(directory, 'aim');
  ids = (await pythonLines<Record<string, string>>(['page_store.py', store])).at(-1) ?? {};
  await convert(store, repo, ['--mlflow-ui', 'https://ada:secret@mlflow.example.org/', '--label', 'stage=#18AB6D']);
  ({ url } = await serve(repo));
}, 300_000);

/** The rows of the Overview's card of params that are within a window of 1500 × 950: `name=value`. */
async function paramsSeen(run: string | undefined): Promise<string[]> {
  const page: Page = await openPage(`${url}/runs/${run}/overview`, { viewport: { width: 1500, height: 950 } });
  const rows = page.locator('.RunOverviewTab__cardBox').first().locator('.BaseTable__row');
  await rows.first().waitFor({ timeout: 90_000 });
  const texts: string[] = [];
  for (const row of await rows.all()) {
    const box = await row.boundingBox();
    if (box !== null && box.y + box.height <= 950) texts.push((await row.locator('p').allTextContents()).join('='));
  }
  await page.close();
  return texts;
}

test('the Overview shows five params without scrolling, and parents by name behind them', async () => {
  const texts = await paramsSeen(ids['fold-0']);
  const names = texts.map((text) => text.split('=')[0]);
  const params = ['params.batch_size', 'params.depth', 'params.epochs', 'params.lr', 'params.optimizer'];
  expect(names.slice(0, 7)).toEqual(['mlflow_run_id', 'mlflow_run_name', ...params]);
  expect(names.filter((name) => name?.startsWith('mlflow.'))).toEqual([]);
  expect(texts.join(' ')).toMatch(/tree\.parent=+"trial-0"/);
}, 200_000);

test('all that was converted is what the contract says', async () => {
  const flags = ['--label', 'stage', '--mlflow-ui', 'https://mlflow.example.org'];
  const [expected, actual] = [await expectedRuns(store, flags), await readAim(repo)];
  expect(some(differences(expected, actual.runs))).toBe('');
}, 200_000);

test('the searches of docs/after-the-move.md find what they say', async () => {
  const [, searches = ''] = (await readFile(join(PROJECT, 'docs/after-the-move.md'), 'utf8')).split('## Searches');
  const queries = searches
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => /\| `([^`]*)`[^|]*\|$/.exec(line)?.[1]?.replace('…', ids['sweep-parent'] ?? '') ?? '');
  const found = await pythonLines<string[]>(['ask_aim.py', repo], queries.join('\n'));
  const plain = ['five-params', 'fold-0', 'orphan', 'sweep-parent', 'trial-0', 'trial-1'];
  expect(found).toEqual([
    ['broken', ...plain],
    ['broken', ...plain],
    ['broken', 'iris-autolog', 'trial-0', 'trial-1'],
    ['five-params', 'iris-autolog'],
    ['broken'],
    ['trial-0', 'trial-1'],
    ['sweep-parent'],
    ['trial-0', 'trial-1'],
    ['iris-autolog'],
    expect.arrayContaining(['iris-autolog']),
  ]);
}, 200_000);
