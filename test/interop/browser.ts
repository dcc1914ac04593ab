import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

let starting: Promise<Browser> | undefined;

afterAll(async () => {
  await (await starting?.catch(() => undefined))?.close();
});

/** Headless Chromium, one for each test file; scripts/prepare-interop.mjs has installed it where it may. */
function browser(): Promise<Browser> {
  const executablePath = process.env.MLFLOW2AIM_CHROMIUM;
  if (executablePath === undefined || !existsSync(executablePath)) {
    throw new Error(
      'These tests need Chromium: install it (on Debian: apt-get install chromium), or name it in MLFLOW2AIM_CHROMIUM.',
    );
  }
  starting ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
  return starting;
}

/** An empty page, in a window of this size. */
export async function emptyPage(options: BrowserContextOptions): Promise<Page> {
  return (await (await browser()).newContext({ reducedMotion: 'reduce', ...options })).newPage();
}

/** A page of a file, and what went wrong in it. */
export interface Viewed {
  readonly page: Page;
  /** Exceptions, violations of the page's policy, dialogs, and requests for anything but the file. */
  readonly faults: readonly string[];
}

/** Opens a file as a person would who clicks on it, in a window of this size and theme. */
export async function view(file: string, options: BrowserContextOptions = {}): Promise<Viewed> {
  const page = await emptyPage(options);
  const faults: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('pageerror', (error) => faults.push(`error ${error.message}`));
  page.on('console', (message) => faults.push(`console ${message.text()}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) faults.push(`request ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** Aim's pages load some MB of scripts, which a busy machine takes its time for. */
const SERVED_MS = 120_000;

/** A page that a server on this machine serves, in a window of 1500 × 950. */
export async function visit(url: string): Promise<Page> {
  const context = await (await browser()).newContext({
    reducedMotion: 'reduce',
    viewport: { width: 1500, height: 950 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(SERVED_MS);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return page;
}
