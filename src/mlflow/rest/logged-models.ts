import { ConvertError } from '../../errors.js';
import type { LoggedModel } from '../../model.js';
import { type MeasuredPoint, MeasuredPoints } from '../common/measured-points.js';
import type { HttpClient } from '../http/http-client.js';
import { isEndpointMissing, isResourceMissing, responseErrorOf } from '../http/response-error.js';
import { TransientError } from '../http/retry.js';
import { NO_LIST, UNLISTED, type Unlisted } from './locator.js';
import { fetchItems } from './pages.js';
import { digest, modelRecord } from './run-record.js';
import { asText, type Fields, fields, filled, int64, list, numeric } from './wire/wire.js';

const MODELS_PER_PAGE = 50;

/** A model of a listing, as it concerns one run: its id, and a digest of its JSON. */
export interface ListedModel {
  readonly id: string;
  readonly digest: string;
  /** The run is its source. */
  readonly isOwn: boolean;
  /** It tells the datasets of some of the run's points. */
  readonly isMeasured: boolean;
}

/**
 * The models of an experiment by the runs that are their source or have measured them on datasets, without deleted ones; or why the
 * server does not list them.
 */
export async function listModels(
  client: HttpClient,
  experimentId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly ListedModel[]> | Unlisted> {
  const request = {
    path: '/api/2.0/mlflow/logged-models/search',
    body: { experiment_ids: [experimentId] },
    size: MODELS_PER_PAGE,
    orderBy: [{ field_name: 'creation_timestamp', ascending: true }],
    items: 'models',
    what: `the logged models of experiment ${experimentId}`,
    nonFatal: true as const,
  };
  const found = new Map<string, ListedModel[]>();
  try {
    for await (const model of fetchItems(client, request, idOf, signal)) {
      const [id = '', source] = [idOf(model), filled(fields(model.info).source_run_id)];
      const digestOfModel = digest(model);
      const measuring = new Set(measuredPoints(model).map(({ runId }) => runId));
      for (const run of new Set([...(source === undefined ? [] : [source]), ...measuring])) {
        const one = { id, digest: digestOfModel, isOwn: run === source, isMeasured: measuring.has(run) };
        const listed = found.get(run);
        if (listed === undefined) found.set(run, [one]);
        else listed.push(one);
      }
    }
  } catch (cause) {
    if (isEndpointMissing(cause)) return NO_LIST;
    if (isServerError(cause)) return UNLISTED;
    throw cause;
  }
  for (const listed of found.values()) listed.sort((a, b) => (a.id < b.id ? -1 : 1));
  return found;
}

/**
 * Reads models by their ids, without deleted ones.
 *
 * @param outputs the steps of those that are among the run's outputs
 * @param onUnreadable called with a message for each model that the server does not return
 */
export async function fetchModels(
  client: HttpClient,
  ids: readonly string[],
  outputs: ReadonlyMap<string, bigint | undefined>,
  onUnreadable: (detail: string) => void,
  signal: AbortSignal,
): Promise<LoggedModel[]> {
  const models: LoggedModel[] = [];
  for (const id of ids) {
    try {
      const model = await readModel(client, id, outputs.get(id), signal);
      if (model !== undefined) models.push(model);
    } catch (cause) {
      if (!isServerError(cause)) throw cause;
      onUnreadable(cause.message);
    }
  }
  return models;
}

/** One model; undefined if it was deleted. */
async function readModel(
  client: HttpClient,
  id: string,
  step: bigint | undefined,
  signal: AbortSignal,
): Promise<LoggedModel | undefined> {
  const model = await readModelFields(client, id, signal);
  return model && modelRecord(model, step);
}

/** The JSON of one model; undefined if it was deleted. */
async function readModelFields(client: HttpClient, id: string, signal: AbortSignal): Promise<Fields | undefined> {
  const path = `/api/2.0/mlflow/logged-models/${encodeURIComponent(id)}`;
  try {
    const response = fields(
      await client.json({ path, what: `the logged model ${id}`, retries: 'few after 500', nonFatal: true }, signal),
    );
    return fields(response.model);
  } catch (cause) {
    if (isResourceMissing(cause) || responseErrorOf(cause)?.status === 400) return undefined;
    throw cause;
  }
}

/** The points of a run that these models have with their dataset: the histories of a server over a database do not tell it. */
export async function fetchMeasured(
  client: HttpClient,
  ids: readonly string[],
  runId: string,
  signal: AbortSignal,
): Promise<MeasuredPoints> {
  const points: MeasuredPoint[] = [];
  for (const id of ids) {
    const model = (await readModelFields(client, id, signal)) ?? {};
    for (const { runId: run, ...point } of measuredPoints(model)) if (run === runId) points.push(point);
  }
  return new MeasuredPoints(points);
}

/** The points that a model has with a dataset, and the runs that logged them. */
function measuredPoints(model: Fields): (MeasuredPoint & { readonly runId: string })[] {
  return list(fields(model.data).metrics).flatMap((metric) => {
    const [name, runId] = [asText(metric.dataset_name), asText(metric.run_id)];
    if (name === undefined || runId === undefined) return [];
    return {
      runId,
      key: asText(metric.key) ?? '',
      timestamp: numeric(metric.timestamp) ?? 0,
      step: String(int64(metric.step) ?? 0n),
      value: Number(metric.value ?? 0),
      dataset: { name, digest: asText(metric.dataset_digest) ?? '' },
    };
  });
}

/** True when the server responded with an error: permission denied, or an error of its own. */
export function isServerError(cause: unknown): cause is ConvertError {
  if (!(cause instanceof ConvertError)) return false;
  if (cause.cause instanceof TransientError) return cause.cause.status === 500;
  return responseErrorOf(cause) !== undefined;
}

function idOf(model: Fields): string | undefined {
  return filled(fields(model.info).model_id);
}
