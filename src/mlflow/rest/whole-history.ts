import { ConvertError } from '../../errors.js';
import { MAX_SORTED_POINTS } from '../common/bounds.js';
import type { HttpClient } from '../http/http-client.js';
import { bytesOf, type HttpResponse, lengthOf } from '../http/response.js';
import { describeMetric, historyRequest, pageLimit } from './history-requests.js';
import { parseMetrics } from './metrics-json.js';
import { streamMetrics } from './metrics-stream.js';
import { PointList } from './point-list.js';
import type { ServerPoints } from './server-points.js';

/** A history that a server returns in one large response. */
export interface WholeHistory {
  readonly runId: string;
  readonly key: string;
  /** Whether it comes from a database, unsorted, and has to be held (24 bytes a point) and sorted here. */
  readonly sorts: boolean;
}

export async function* streamWholeHistory(
  client: HttpClient,
  { runId, key, sorts }: WholeHistory,
  signal: AbortSignal,
): AsyncGenerator<ServerPoints, void, void> {
  const request = historyRequest(runId, key);
  if (!sorts) {
    yield* client.stream(request, signal, (response) => parseWhole(response, key));
    return;
  }
  const points = await client.read(request, signal, async (response) => {
    const all = new PointList();
    for await (const batch of parseWhole(response, key)) {
      if (all.length + batch.steps.length > MAX_SORTED_POINTS) throw tooLong(client.server.shown, runId, key);
      all.append(batch);
    }
    return all;
  });
  points.sort();
  points.restoreInfinities();
  for (const batch of points.batches()) {
    yield batch;
    signal.throwIfAborted();
  }
}

/** Parsing a stream takes ten times as long, so only responses are streamed that are, or may be, too large to hold. */
async function* parseWhole(response: HttpResponse, key: string): AsyncGenerator<ServerPoints, void, void> {
  const limit = pageLimit(key);
  if ((lengthOf(response) ?? Number.POSITIVE_INFINITY) > limit) yield* streamMetrics(response.body);
  else yield* parseMetrics(await bytesOf(response, limit)).points.batches();
}

function tooLong(where: string, runId: string, key: string): ConvertError {
  const metric = describeMetric(runId, key).replace('metric', 'Metric');
  const message = `${metric} has more than ${MAX_SORTED_POINTS} points, which this server returns unsorted and all at once.`;
  const hint = 'Start a server of MLflow 3 on the same database, or give the database itself as the tracking URI.';
  return new ConvertError('skip-run', 'too-large', message, { where, hint });
}
