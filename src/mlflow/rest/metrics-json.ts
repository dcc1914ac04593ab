import { JsonBytes } from './json-bytes.js';
import { PointList } from './point-list.js';

/** The points of one run within a {@link MetricsPage}: from `from` to before `to`. */
export interface RunPoints {
  readonly runId: string;
  readonly from: number;
  readonly to: number;
}

/** A response of get-history or get-history-bulk. */
export interface MetricsPage {
  readonly points: PointList;
  /** In the order of the response; a single one called '' if the response names no runs. */
  readonly runs: readonly RunPoints[];
  /** Where the next page begins; absent on the last. */
  readonly nextPageToken?: string;
}

/**
 * Parses `{"metrics": [{"value", "timestamp", "step", "run_id"?, "dataset_name"?, "dataset_digest"?} …], "next_page_token"?}` in
 * one pass over its bytes, without an object for a point. A missing number is 0, as in protobuf. Throws a SyntaxError if the JSON is cut or has another shape.
 */
export function parseMetrics(bytes: Uint8Array): MetricsPage {
  const json = new JsonBytes(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const points = new PointList();
  const runs: { runId: string; from: number; to: number }[] = [];
  let nextPageToken = '';
  let timestamp = 0;
  let value = 0;
  let step = 0n;
  let runId = '';
  let dataset: { name: string; digest: string } | undefined;
  const member = (key: string): void => {
    if (key === 'value') value = json.double();
    else if (key === 'timestamp') timestamp = json.double();
    else if (key === 'step') step = json.integer();
    else if (key === 'run_id') runId = json.string();
    else if (key === 'dataset_name') dataset = { digest: '', ...dataset, name: json.string() };
    else if (key === 'dataset_digest') dataset = { name: '', ...dataset, digest: json.string() };
    else json.skip();
  };
  const metric = (): void => {
    timestamp = 0;
    value = 0;
    step = 0n;
    dataset = undefined;
    json.object(member);
    const last = runs.at(-1);
    if (last?.runId === runId) last.to++;
    else runs.push({ runId, from: points.length, to: points.length + 1 });
    points.push(timestamp, value, step);
    if (dataset !== undefined) points.setDataset(dataset);
  };
  json.object((key) => {
    if (key === 'metrics') json.list(metric);
    else if (key === 'next_page_token') nextPageToken = json.string();
    else json.skip();
  });
  json.end();
  return { points, runs, ...(nextPageToken !== '' && { nextPageToken }) };
}
