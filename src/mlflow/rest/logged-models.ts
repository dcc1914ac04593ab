import type { LoggedModel } from '../../model.js';
import type { HttpClient } from './http-client.js';
import { pages } from './pages.js';
import { isMissing, isNoEndpoint, refusalOf } from './refusal.js';
import { digest, modelRecord } from './run-record.js';
import { fields, filled } from './wire.js';

const MODELS_PER_PAGE = 50;

/** A model of a listing: its id, and a digest of all that is known of it. */
export interface ListedModel {
  readonly id: string;
  readonly digest: string;
}

/** The models of an experiment by the run that made them; none on servers before MLflow 3. Deleted models are not listed. */
export async function listModels(
  client: HttpClient,
  experimentId: string,
  signal: AbortSignal,
): Promise<Map<string, ListedModel[]>> {
  const request = {
    path: '/api/2.0/mlflow/logged-models/search',
    body: { experiment_ids: [experimentId] },
    size: MODELS_PER_PAGE,
    items: 'models',
    what: `the logged models of experiment ${experimentId}`,
  };
  const found = new Map<string, ListedModel[]>();
  try {
    for await (const { items } of pages(client, request, signal)) {
      for (const model of items) {
        const info = fields(model.info);
        const [id, run] = [filled(info.model_id), filled(info.source_run_id)];
        if (id === undefined || run === undefined) continue;
        const listed = found.get(run);
        if (listed === undefined) found.set(run, [{ id, digest: digest(model) }]);
        else listed.push({ id, digest: digest(model) });
      }
    }
  } catch (cause) {
    if (!isNoEndpoint(cause)) throw cause;
  }
  for (const listed of found.values()) listed.sort((a, b) => (a.id < b.id ? -1 : 1));
  return found;
}

/** One model; undefined when it was deleted, or when the server has no such thing as models. */
export async function readModel(
  client: HttpClient,
  id: string,
  step: bigint | undefined,
  signal: AbortSignal,
): Promise<LoggedModel | undefined> {
  const path = `/api/2.0/mlflow/logged-models/${encodeURIComponent(id)}`;
  try {
    const answer = fields(await client.json({ path, what: `the logged model ${id}` }, signal));
    return modelRecord(fields(answer.model), step);
  } catch (cause) {
    if (isMissing(cause) || isNoEndpoint(cause) || refusalOf(cause)?.status === 400) return undefined;
    throw cause;
  }
}
