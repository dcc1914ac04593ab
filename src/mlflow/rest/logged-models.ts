import { ConvertError } from '../../errors.js';
import type { LoggedModel } from '../../model.js';
import type { HttpClient } from '../http/http-client.js';
import { isEndpointMissing, isResourceMissing, responseErrorOf } from '../http/response-error.js';
import { TransientError } from '../http/retry.js';
import { NO_LIST, UNLISTED, type Unlisted } from './locator.js';
import { fetchItems } from './pages.js';
import { digest, modelRecord } from './run-record.js';
import { type Fields, fields, filled } from './wire/wire.js';

const MODELS_PER_PAGE = 50;

/** A model of a listing: its id, and a digest of its JSON. */
export interface ListedModel {
  readonly id: string;
  readonly digest: string;
}

/** The models of an experiment by the run that is their source, without deleted ones; or why the server does not list them. */
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
      const [id = '', run] = [idOf(model), filled(fields(model.info).source_run_id)];
      if (run === undefined) continue;
      const listed = found.get(run);
      if (listed === undefined) found.set(run, [{ id, digest: digest(model) }]);
      else listed.push({ id, digest: digest(model) });
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
  const path = `/api/2.0/mlflow/logged-models/${encodeURIComponent(id)}`;
  try {
    const response = fields(
      await client.json({ path, what: `the logged model ${id}`, retries: 'few after 500', nonFatal: true }, signal),
    );
    return modelRecord(fields(response.model), step);
  } catch (cause) {
    if (isResourceMissing(cause) || responseErrorOf(cause)?.status === 400) return undefined;
    throw cause;
  }
}

/** True when the server responded with an error: permission denied, or an error of its own. */
function isServerError(cause: unknown): cause is ConvertError {
  if (!(cause instanceof ConvertError)) return false;
  if (cause.cause instanceof TransientError) return cause.cause.status === 500;
  return responseErrorOf(cause) !== undefined;
}

function idOf(model: Fields): string | undefined {
  return filled(fields(model.info).model_id);
}
