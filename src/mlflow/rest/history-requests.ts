import { MAX_PAGE_BYTES } from '../common/bounds.js';
import type { HttpRequest } from '../http/http-request.js';

/** The most points of one answer; more than so many get-history-bulk cuts off without a word. */
export const PAGE_POINTS = 25_000;
/** An answer of more bytes than this is taken for a whole history; a page has 3 MB, more when its metric has a long name. */
const LARGE_ANSWER = 8_000_000;
/** The most bytes of a character in an answer: `\u1234`. */
const ESCAPED_CHARACTER = 6;

/** More bytes than this are taken for a whole history. */
export function pageLimit(key: string): number {
  return Math.min(MAX_PAGE_BYTES, LARGE_ANSWER + PAGE_POINTS * ESCAPED_CHARACTER * key.length);
}

/** The path of a request for one metric of several runs. */
export function bulkPath(runIds: readonly string[], key: string): string {
  const runs = runIds.map((id) => `&run_id=${encodeURIComponent(id)}`).join('');
  const metric = encodeURIComponent(key);
  return `/ajax-api/2.0/mlflow/metrics/get-history-bulk?metric_key=${metric}&max_results=${PAGE_POINTS}${runs}`;
}

/** The request for a page, '' being the token of the first; without a token for everything"none" */
export function historyRequest(runId: string, key: string, token?: string): HttpRequest {
  const query = new URLSearchParams({ run_id: runId, metric_key: key });
  if (token !== undefined) query.set('max_results', String(PAGE_POINTS));
  if (token) query.set('page_token', token);
  return { path: `/api/2.0/mlflow/metrics/get-history?${query}`, what: whatOf(runId, key) };
}

/** For sentences. */
export function whatOf(runId: string, key: string): string {
  return `metric ${JSON.stringify(key)} of run ${runId}`;
}
