import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sampleImage } from '../artifacts/sample-images.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { serve } from './aim-server.js';
import { visit } from './browser.js';
import { convert, PROJECT, scratch } from './harness.js';

const RUN = '0f9a6d2c3b1e4c5d8e7f0123456789ab';
const plotly = (name: string) => readFileSync(join(PROJECT, 'test/interop/plotly', name));

/** Chooses these in an explorer of Aim, by their names, and lets it look for them. */
async function choose(page: Page, kind: string, names: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: kind }).first().click();
  // each is offered twice, the second time with its context
  const options = page.getByRole('option');
  for (const name of names)
    await options
      .filter({ has: page.getByText(name, { exact: true }) })
      .first()
      .click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Search' }).first().click();
}

test('Aim draws figures, finds an image by its name, and shows a table', async () => {
  const store = new FileStoreBuilder();
  store.experiment({ id: '1', name: 'plots' });
  store.run('1', {
    runId: RUN,
    artifacts: {
      'plots/plotly-4.html': plotly('plotly-4.html'),
      'plots/plotly-6.json': plotly('plotly-6.json'),
      'several.html': plotly('several.html'),
      'cm.png': sampleImage('png RGB'),
      'grid/1.png': sampleImage('png RGB'),
      'tables/t.csv': 'epoch,loss\n1,0.50\n2,0.25\n',
    },
  });
  const repo = await scratch();
  await convert(store.root, repo);
  const server = await serve(repo);

  const figures = await visit(`${server.url}/figures`);
  await choose(figures, 'Figures', ['plots/plotly-4.html', 'plots/plotly-6.json', 'several.html']);
  // the two plots of a page are two steps of a sequence; plotly 6's arrays in binary form are drawn like those of plotly 4
  await figures.locator('.js-plotly-plot .heatmaplayer image').waitFor();
  await expect(figures.locator('.js-plotly-plot .scatterlayer .trace path.js-line').count()).resolves.toBe(3);
  await expect(figures.locator('.js-plotly-plot .barlayer .point path').count()).resolves.toBeGreaterThanOrEqual(6);
  await figures.close();

  const images = await visit(`${server.url}/images`);
  await choose(images, 'Images', ['cm.png']);
  const pictures = images.locator('img[src^="data:image/png"]');
  await pictures.first().waitFor();
  await expect(pictures.count()).resolves.toBe(1);
  await images.close();

  const texts = await visit(`${server.url}/runs/${RUN}/texts`);
  await texts.getByText('type="table"').waitFor();
  await texts.getByText('|     1 | 0.50 |').waitFor();
  await texts.getByText('type="text"').click();
  await texts.getByText('epoch,loss').waitFor();
  await texts.close();
  await server.stop();
  store.remove();
});
