import { stopForkServer } from './fork-server.mjs';
import { stopTestDatabases } from './test-databases.mjs';

/** jest's globalTeardown of the interop tests. */
export default async function tearDownInterop() {
  await Promise.all([stopForkServer(), stopTestDatabases()]);
}
