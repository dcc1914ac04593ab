import { expect, test } from '@jest/globals';
import { serverWith } from '../mlflow/rest/client-of.js';
import { startCli } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a conversion whose server answers by drops', async (signal) => {
  let dripping = () => {};
  const begun = new Promise<void>((settle) => {
    dripping = settle;
  });
  const server = await serverWith((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' ', () => dripping()), 50);
    response.on('close', () => clearInterval(timer));
    return true;
  });
  const { child, ended } = startCli(['convert', '--tracking-uri', server.uri, '--repo', temporaryDirectory()]);
  await begun;
  const asked = performance.now();
  child.kill(signal);
  expect((await ended).code).toBe(signal === 'SIGTERM' ? 143 : 130);
  expect(performance.now() - asked).toBeLessThan(5000);
});
