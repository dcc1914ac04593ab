import { MAX_PAGE_BYTES } from '../common/bounds.js';
import type { HttpRequest } from '../http/http-request.js';

/** The most points of one response; get-history-bulk cuts off more without saying so. */
export const PAGE_POINTS = 25_000;
/** A page has 3 MB, more if its metric has a long name; a larger response is a whole history. */
const LARGE_RESPONSE = 8_000_000;
/** The most bytes of a character in a response: `\u1234`. */
const ESCAPED_CHARACTER = 6;

/** The most bytes of a page; a larger response is a whole history. */
export function pageLimit(key: string): number {
  return Math.min(MAX_PAGE_BYTES, LARGE_RESPONSE + PAGE_POINTS * ESCAPED_CHARACTER * key.length);
}

/** The path of a request for one metric of several runs. */
export function bulkPath(runIds: readonly string[], key: string): string {
  const runs = runIds.map((id) => `&run_id=${encodeURIComponent(id)}`).join('');
  const metric = encodeURIComponent(key);
  return `/ajax-api/2.0/mlflow/metrics/get-history-bulk?metric_key=${metric}&max_results=${PAGE_POINTS}${runs}`;
}

/** The request for a page, '' being the token of the first; without a token for everything at once. */
export function historyRequest(runId: string, key: string, token?: string): HttpRequest {
  const query = new URLSearchParams({ run_id: runId, metric_key: key });
  if (token !== undefined) query.set('max_results', String(PAGE_POINTS));
  if (token) query.set('page_token', token);
  return { path: `/api/2.0/mlflow/metrics/get-history?${query}`, what: describeMetric(runId, key) };
}

/** A metric as messages name it. */
export function describeMetric(runId: string, key: string): string {
  return `metric ${JSON.stringify(key)} of run ${runId}`;
}
