import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Missing, run } from './programs.mjs';

/** What Chromium is called, on Debian first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The browser in which the tests look at pages: that of MLFLOW2AIM_CHROMIUM, else one on the path; undefined without one. */
export function findBrowser() {
  const { MLFLOW2AIM_CHROMIUM: own, PATH = '' } = process.env;
  if (own !== undefined) return own;
  const directories = PATH.split(delimiter).filter((directory) => directory !== '');
  return NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find((path) =>
    existsSync(path),
  );
}

/** Installs Chromium where there is no browser and this process may; the tests that need it say so otherwise. */
export async function prepareBrowser() {
  const own = process.env.MLFLOW2AIM_CHROMIUM;
  if (own !== undefined && !existsSync(own)) {
    throw new Missing(`MLFLOW2AIM_CHROMIUM is ${own}, which is not there: unset it, or install Chromium there.`);
  }
  if (findBrowser() !== undefined || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  process.stderr.write('Installing Chromium, in which the page of a report is looked at …\n');
  try {
    await run('apt-get', ['update', '-qq']);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
  } catch (error) {
    process.stderr.write(`Chromium could not be installed. ${error.message}\n`);
  }
}
