import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { answer, serverWith } from '../mlflow/rest/client-of.js';
import { convert, startCli } from '../support/command-line.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const remove of cleanUp.splice(0)) remove();
});

/** A database of two experiments, of which the first has so many traces. */
function database(traces: number): string {
  const builder = new SqliteStoreBuilder();
  cleanUp.push(() => builder.remove());
  builder.experiment({ id: 1, name: 'genai' });
  builder.experiment({ id: 2, name: 'other' });
  builder.database.exec('CREATE TABLE trace_info (request_id VARCHAR(50) PRIMARY KEY, experiment_id INTEGER)');
  builder.database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${traces})
     INSERT INTO trace_info SELECT 'tr-' || i, 1 FROM n`,
  );
  return builder.uri;
}

describe('traces stay in MLflow, and are counted', () => {
  test('in a database', async () => {
    const { summary } = await convert(database(12), temporaryDirectory());
    expect(summary).toMatchObject({ traces: 12, tracesMore: false });
    const other = await convert(database(12), temporaryDirectory(), ['--experiment', 'other']);
    expect(other.summary.traces).toBe(0);
  });

  test('up to a bound', async () => {
    const { summary } = await convert(database(100_001), temporaryDirectory());
    expect(summary).toMatchObject({ traces: 100_000, tracesMore: true });
  });

  test('in a file store', async () => {
    const store = new FileStoreBuilder();
    cleanUp.push(() => store.remove());
    store.experiment({ id: '1', name: 'genai' });
    for (const trace of ['tr-1', 'tr-2', 'tr-3'])
      mkdirSync(join(store.root, '1', 'traces', trace), { recursive: true });
    const args = ['convert', '--tracking-uri', store.root, '--repo', temporaryDirectory(), '--no-color'];
    expect((await startCli(args).ended).stdout).toMatch(/^3 traces stay in MLflow\.$/m);
  });

  test('on a server, as far as one answer tells', async () => {
    const server = await serverWith(
      (request, response) =>
        request.url?.includes('/mlflow/traces?') === true &&
        answer(response, JSON.stringify({ traces: [{}, {}], next_page_token: 'x' })),
      { experiments: [{ id: '1', name: 'genai' }] },
    );
    const { summary } = await convert(server.uri, temporaryDirectory());
    expect(summary).toMatchObject({ traces: 2, tracesMore: true });
  });

  test('unless that fails, which is a warning', async () => {
    const server = await serverWith(
      (request, response) => request.url?.includes('/mlflow/traces?') === true && answer(response, '', {}, 500),
      { experiments: [{ id: '1', name: 'genai' }] },
    );
    const { summary, warnings } = await convert(server.uri, temporaryDirectory());
    expect(summary).toMatchObject({ traces: 0, warnings: 1 });
    expect(warnings).toEqual([
      expect.stringContaining('its traces from the server in 3 attempts: it responded with 500'),
    ]);
  });

  test('on a server that has none, or does not say, nothing is told of them', async () => {
    const server = await serverWith(undefined, { experiments: [{ id: '1', name: 'old' }] });
    const { summary } = await convert(server.uri, temporaryDirectory());
    expect(summary).toMatchObject({ traces: 0, tracesMore: false });
  });
});
