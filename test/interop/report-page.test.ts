import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ConvertEvents } from '../../src/events.js';
import { ReportFile } from '../../src/report/file/report-file.js';
import { Summary } from '../../src/summary/summary.js';
import { makeRun } from '../report/make-run.js';
import { view } from './browser.js';
import { mlflow2aim, scratch } from './harness.js';
import { python, pythonLines } from './python.js';

describe('the page of a conversion', () => {
  let file: string;
  let ids: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const directory = await scratch();
    const store = join(directory, 'mlruns');
    file = join(directory, 'report.html');
    [ids = {}] = await pythonLines<Record<string, string>>(['report_runs.py', store]);
    const repo = join(directory, 'aim');
    const ended = await mlflow2aim(['convert', '--tracking_uri', store, '--repo', repo, '--report', file]);
    expect(ended).toMatchObject({ code: 3 });
  });

  test('tells how it ended, what failed, what is incomplete and what was left behind', async () => {
    const { page, faults } = await view(file);
    expect(await page.locator('.verdict').textContent()).toBe(
      'Done, with exceptions: 1 run failed and 1 run could not be read completely.',
    );
    expect(await page.locator('.card', { hasText: 'Runs' }).first().textContent()).toContain('11');
    const sections = await page.locator('h2').allTextContents();
    expect(sections).toEqual([
      'What needs attention',
      'What was left behind or changed',
      'Throughput over time',
      'Slowest runs',
      'Runs',
    ]);
    expect(await page.locator('.groups').allTextContents()).toEqual([
      expect.stringContaining('duplicate-run-id'),
      expect.stringMatching(/Artifacts: nothing is there[\s\S]*half-readable/),
      expect.stringMatching(/that Aim cannot show[\s\S]*4 files[\s\S]*2 \.pkl, 2 \.pt/),
    ]);
    expect(await rows(page)).toHaveLength(11);
    expect(await page.locator('figure canvas').count()).toBeGreaterThanOrEqual(2);
    expect(faults).toEqual([]);
  });

  test('finds runs by words and causes, and shows all of one', async () => {
    const { page, faults } = await view(file);
    await page.getByRole('searchbox').fill('TRIAL 3');
    expect(await rows(page)).toEqual(['trial 3']);
    await page.getByRole('searchbox').fill('');
    await page.locator('.groups li', { hasText: 'no-kind' }).getByRole('button').click();
    expect((await rows(page)).sort()).toEqual([expect.stringContaining('</script>'), 'with-checkpoints']);
    await page.getByRole('button', { name: /^Failed 1$/ }).click();
    expect(await page.getByRole('status').textContent()).toBe('1 run');
    await page.locator('details').click();
    expect(await page.locator('details .body').textContent()).toContain(ids.copied);
    expect(faults).toEqual([]);
  });

  test('shows the worst of names as text', async () => {
    const { page, faults } = await view(file);
    const name = page.locator('details .name', { hasText: '</script>' });
    expect(await name.textContent()).toContain('</script><script>attacked=1</script><img src=x onerror="attacked=1">');
    expect(await page.evaluate('[typeof attacked, document.images.length]')).toEqual(['undefined', 0]);
    expect(faults).toEqual([]);
  });

  test('lets a script that got into it do nothing', async () => {
    const { page, faults } = await view(file);
    const done = await page.evaluate(`(() => {
      const script = document.createElement('script');
      try {
        script.text = 'attacked = 1';
      } catch {
        return 'refused';
      }
      document.body.append(script);
      return typeof attacked;
    })()`);
    expect(done).toBe('refused');
    expect(faults.join()).toContain('TrustedScript');
  });

  test.each([
    ['a phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
    ['a wide screen', { viewport: { width: 1600, height: 900 } }],
  ])('fits on %s', async (_, options) => {
    const { page, faults } = await view(file, options);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(faults).toEqual([]);
  });

  test('is dark where that is asked for, and light on paper', async () => {
    const { page, faults } = await view(file, { colorScheme: 'dark' });
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await paper()).toBe('rgb(15, 20, 25)');
    await page.emulateMedia({ media: 'print' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
    expect(await page.getByRole('searchbox').isVisible()).toBe(false);
    await page.emulateMedia({ media: null });
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    expect(await page.locator('details[open]').count()).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe('the page of a verification', () => {
  let file: string;

  beforeAll(async () => {
    const directory = await scratch();
    const [store, repo] = [join(directory, 'mlruns'), join(directory, 'aim')];
    file = join(directory, 'verified.html');
    const [ids = {}] = await pythonLines<Record<string, string>>(['report_runs.py', store]);
    const places = ['--tracking-uri', store, '--repo', repo];
    await mlflow2aim(['convert', ...places]);
    await python(['touch_aim.py', 'rename', repo, ids.plain ?? '']);
    await python(['change_run.py', store, 'point']);
    expect(await mlflow2aim(['verify', ...places, '--report', file])).toMatchObject({ code: 4 });
  });

  test('tells what differs and what a person did, run by run, and fits on a phone', async () => {
    const { page, faults } = await view(file, {
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    });
    expect(await page.locator('.verdict').textContent()).toContain('not in Aim as in MLflow');
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    const differing = page.locator('details', { hasText: 'differs' }).first();
    await differing.click();
    expect(await differing.locator('.body').textContent()).toMatch(/loss/);
    await page.getByRole('searchbox').fill('renamed in Aim');
    expect(await rows(page)).toEqual(['renamed in Aim']);
    expect(faults).toEqual([]);
  });
});

test('a page of 100,000 runs lists a hundred at a time, and is searched as it is', async () => {
  const file = join(await scratch(), 'report.html');
  const events = new ConvertEvents();
  const summary = new Summary(events);
  const report = new ReportFile(file, events, '9.9.9');
  for (let i = 0; i < 100_000; i += 1) {
    events.emit('run:done', makeRun({ runId: `id${i}`, runName: `run ${i}`, seconds: i / 1000 }));
  }
  report.finish({ type: 'done' }, summary.numbers());
  expect(readFileSync(file).length).toBeLessThan(3_000_000);
  const { page, faults } = await view(file);
  expect(await page.locator('.omitted').textContent()).toContain('90,000 runs with nothing to report');
  expect(await rows(page)).toHaveLength(100);
  await page.getByRole('button', { name: 'Show 100 more of 9,900' }).click();
  expect(await rows(page)).toHaveLength(200);
  await page.getByRole('searchbox').fill('run 77');
  expect(await page.getByRole('status').textContent()).toBe('280 runs');
  expect(await page.locator('ol.slowest li').first().textContent()).toContain('run 99999');
  expect(faults).toEqual([]);
});

function rows(page: Page): Promise<string[]> {
  return page.locator('details .name').allTextContents();
}
