import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, fillStore, scratch } from './harness.js';
import { createRun, endRun } from './log-by-rest.js';
import { type MlflowServer, serveMlflow } from './mlflow-server.js';

describe('a server for artifacts only, beside the tracking server', () => {
  let artifacts: MlflowServer;
  let tracking: MlflowServer;

  beforeAll(async () => {
    artifacts = await serveMlflow({ flags: ['--artifacts-only'] });
    const root = `${artifacts.url}/api/2.0/mlflow-artifacts/artifacts/all`;
    tracking = await serveMlflow({ flags: ['--no-serve-artifacts', '--default-artifact-root', root] });
    await fillStore('small', tracking.url);
  });

  test('is asked for nothing before it is trusted, and then gives all', async () => {
    const repo = await scratch();
    const requests = artifacts.log().length;
    const told = await convert(tracking.url, repo, [], 3);
    expect(artifacts.log().length).toBe(requests);
    const refused = told.runs.filter(({ notices }) => JSON.stringify(notices).includes('"reason":"refused"'));
    expect(refused).toHaveLength(told.runs.filter(({ outcome }) => outcome === 'new').length);
    expect(JSON.stringify(refused[0]?.notices)).toContain(`--trust-origin ${artifacts.url} `);

    await convert(tracking.url, repo, ['--trust-origin', `${artifacts.url}/`]);
    const [expected, read] = [await expectedRuns(tracking.url), await readAim(repo)];
    expect(some(differences(expected, read.runs))).toBe('');
  });
});

test('files in a directory of this machine are asked of a server on it, and read here where it cannot give them', async () => {
  const files = join(await scratch(), 'files');
  const server = await serveMlflow({ flags: ['--no-serve-artifacts', '--default-artifact-root', files] });
  const runId = await createRun(server);
  await endRun(server, runId);
  const directory = join(files, '0', runId, 'artifacts');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'a.txt'), 'it is given');
  writeFileSync(join(directory, 'no#way.txt'), 'it is listed, and refused'); // by MLflow's server: mlflow-sources.md, 4.1
  const repo = await scratch();
  const { runs } = await convert(server.url, repo);
  expect(runs[0]).toMatchObject({ counts: { artifacts: { text: 2 } }, notices: [] });
  const reads = server
    .log()
    .split('\n')
    .filter((line) => line.includes('/get-artifact?'));
  expect(reads.length).toBeGreaterThanOrEqual(2);
  await convert(server.url, await scratch(), ['--allow-root', files]);
  expect(
    server
      .log()
      .split('\n')
      .filter((line) => line.includes('/get-artifact?')),
  ).toEqual(reads);
});
