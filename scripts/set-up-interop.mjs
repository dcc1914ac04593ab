import { findBrowser } from './browser.mjs';
import { startForkServer } from './fork-server.mjs';
import { prepareInterop } from './prepare-interop.mjs';
import { startTestDatabases } from './test-databases.mjs';

/** jest's globalSetup of the interop tests. What it sets in the environment reaches the tests. */
export default async function setUpInterop() {
  await prepareInterop();
  const browser = findBrowser();
  if (browser !== undefined) process.env.MLFLOW2AIM_CHROMIUM = browser;
  Object.assign(process.env, ...(await Promise.all([startForkServer(), startTestDatabases()])));
}
