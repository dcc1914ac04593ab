import type { Experiment } from '../../model.js';
import type { HttpClient } from '../http/http-client.js';
import { listingFailed } from './listing-failed.js';
import { fetchItems, type PagedRequest } from './pages.js';
import { experimentRecord } from './run-record.js';
import { asText, type Fields } from './wire/wire.js';

const EXPERIMENTS: PagedRequest = {
  path: '/api/2.0/mlflow/experiments/search',
  body: { view_type: 'ALL' },
  size: 1000,
  orderBy: ['creation_time ASC', 'experiment_id ASC'],
  items: 'experiments',
  what: 'its experiments',
  failFast: true,
};

/** All experiments, deleted ones included, oldest first. */
export async function* listExperiments(
  client: HttpClient,
  signal: AbortSignal,
): AsyncGenerator<Experiment, void, void> {
  const idOf = (item: Fields) => asText(item.experiment_id);
  try {
    for await (const item of fetchItems(client, EXPERIMENTS, idOf, signal)) yield experimentRecord(item);
  } catch (cause) {
    signal.throwIfAborted();
    throw listingFailed(cause, client.server.shown);
  }
}
