import { expect, test } from '@jest/globals';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { serve } from './aim-server.js';
import { emptyPage } from './browser.js';
import { mlflow2aim, scratch } from './harness.js';

const START = 1_700_000_000_000;

const curve = (first: number) =>
  Array.from({ length: 5 }, (_, i) => ({ timestamp: START + i * 1000, value: first / (i + 1), step: BigInt(i) }));

test('train and val of one metric are in one chart, and system metrics are apart from the two that were logged', async () => {
  const store = new FileStoreBuilder();
  store.experiment({ id: '1', name: 'curves' });
  const system = ['cpu_utilization_percentage', 'network_receive_megabytes', 'gpu_0_memory_usage_megabytes'];
  const metrics = { train_loss: curve(1), 'val/loss': curve(2) };
  store.run('1', {
    runId: 'a'.repeat(32),
    metrics: { ...metrics, ...Object.fromEntries(system.map((name) => [`system/${name}`, curve(3)])) },
  });
  const repo = await scratch();
  const { code } = await mlflow2aim(['convert', '--tracking_uri', store.root, '--repo', repo, '--context', 'auto']);
  expect(code).toBe(0);
  const aim = await serve(repo);
  const page = await emptyPage({ viewport: { width: 1500, height: 950 } });

  await page.goto(`${aim.url}/metrics`);
  await page.locator('button:has-text("Metrics")').first().click();
  const choices = page.locator('[role=listbox]').first();
  await choices.getByText('loss subset="train"').click();
  await choices.getByText('loss subset="val"').click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('path.Line').nth(1).waitFor();
  expect([await page.locator('path.Line').count(), await page.locator('svg:has(path.Line)').count()]).toEqual([2, 1]);

  await page.goto(`${aim.url}/runs/${'a'.repeat(32)}/overview`);
  await page.getByText('Insights').waitFor();
  expect(await page.locator('body').textContent()).toMatch(/Metrics\s*2\s*System\s*3/);
  await aim.stop();
  store.remove();
});
