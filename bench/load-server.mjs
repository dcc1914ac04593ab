// @ts-check
/**
 * What a tracking server can give: the history of every metric of every run, asked for as this tool asks for it, four
 * requests under way at once, and thrown away unread. Prints a line of JSON.
 *
 * usage: node load-server.mjs URI
 */
import pLimit from 'p-limit';
import { Pool } from 'undici';

const REQUESTS_AT_ONCE = 4;
/** What the server cuts its answers at. */
const MAX_POINTS = 25_000;

const [uri = ''] = process.argv.slice(2);
const pool = new Pool(uri, { connections: REQUESTS_AT_ONCE });
const start = performance.now();
const limit = pLimit(REQUESTS_AT_ONCE);
const sizes = await Promise.all((await histories()).map((path) => limit(load, path)));
const bytes = sizes.reduce((sum, size) => sum + size, 0);
process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - start) / 1000, bytes })}\n`);
await pool.close();

/** The paths of all histories; long ones in pages, as the metrics of the benchmark have no gaps in their steps. */
async function histories() {
  const { experiments } = await post('experiments/search', { max_results: 1000, view_type: 'ALL' });
  const experiment_ids = experiments.map((/** @type {{ experiment_id: string }} */ item) => item.experiment_id);
  const { runs } = await post('runs/search', { experiment_ids, max_results: 10_000 });
  const paths = [];
  for (const { info, data } of runs) {
    for (const { key, step = 0 } of data.metrics) {
      const query = `run_id=${info.run_id}&metric_key=${encodeURIComponent(key)}&max_results=${MAX_POINTS}`;
      if (step + 1 < MAX_POINTS) paths.push(`/ajax-api/2.0/mlflow/metrics/get-history-bulk?${query}`);
      else paths.push(...pages(step + 1).map((token) => `/api/2.0/mlflow/metrics/get-history?${query}${token}`));
    }
  }
  return paths;
}

/** @param {number} points */
function pages(points) {
  const count = Math.ceil(points / MAX_POINTS);
  const token = (/** @type {number} */ page) =>
    page === 0 ? '' : `&page_token=${btoa(JSON.stringify({ offset: page * MAX_POINTS }))}`;
  return Array.from({ length: count }, (_, page) => token(page));
}

/** @param {string} path */
async function load(path) {
  const { statusCode, body } = await pool.request({ method: 'GET', path });
  if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}.`);
  let size = 0;
  for await (const part of body) size += part.length;
  return size;
}

/**
 * @param {string} endpoint
 * @param {object} content
 */
async function post(endpoint, content) {
  const headers = { 'content-type': 'application/json' };
  const path = `/api/2.0/mlflow/${endpoint}`;
  const { body } = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(content) });
  return /** @type {any} */ (await body.json());
}
