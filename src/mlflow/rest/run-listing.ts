import type { NestedRuns } from '../../family.js';
import type { Experiment, RunRef } from '../../model.js';
import { isActive } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { NestingBuilder, PARENT_TAG } from '../common/nesting.js';
import type { HttpClient } from '../http/http-client.js';
import { type Locator, NOWHERE, packLocator, type Unlisted } from './locator.js';
import { type ListedModel, listModels } from './logged-models.js';
import { fetchPages, type PagedRequest } from './pages.js';
import { RUNS_PER_PAGE } from './prefetcher.js';
import { digest, type RunRecord, runIdOf, runRecord } from './run-record.js';
import type { Fields } from './wire/wire.js';

/** A run of a listing. */
export interface ListedRecord {
  readonly record: RunRecord;
  readonly ref: RunRef;
}

/** The nested runs of an experiment, without a listing of all its runs. */
export async function listNestedRuns(client: HttpClient, { id }: Experiment, signal: AbortSignal): Promise<NestedRuns> {
  const nesting = new NestingBuilder();
  const read = async (filter: string) => {
    for await (const { items } of fetchPages(client, runsRequest(id, filter), signal)) {
      for (const json of items) {
        const runId = runIdOf(json);
        if (runId !== undefined) nesting.addHeader(runId, runRecord(json, runId, id).run);
      }
    }
  };
  await read(`tags.\`${PARENT_TAG}\` LIKE '%'`);
  // what is no id of MLflow's is no run there
  for (const filter of idFilters(nesting.unnamedParents().filter((parent) => /^\w+$/.test(parent)))) await read(filter);
  return nesting.finish();
}

/** The runs of an experiment that meet one of these filters (undefined for none), oldest first for each filter, every run once. */
export async function* listRecords(
  client: HttpClient,
  experiment: Experiment,
  filters: Iterable<string | undefined>,
  signal: AbortSignal,
): AsyncGenerator<ListedRecord, void, void> {
  const models = await listModels(client, experiment.id, signal);
  const seen = new Set<string>();
  let ordinal = 0;
  for (const filter of filters) {
    for await (const { token, items } of fetchPages(client, runsRequest(experiment.id, filter), signal)) {
      for (const [index, record] of newRecords(items, experiment, seen)) {
        const place = { page: token, filter, index, ordinal: ordinal + index };
        yield { record, ref: reference(record, modelsOf(models, record), place) };
      }
      ordinal += items.length;
    }
  }
}

/** References to the active runs of an experiment, and to those of `known` that still exist. */
export async function* listActiveRuns(
  client: HttpClient,
  experiment: Experiment,
  known: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<RunRef, void, void> {
  const models = await listModels(client, experiment.id, signal);
  const seen = new Set<string>();
  for (const filter of [ACTIVE, ...idFilters(known)]) {
    for await (const { items } of fetchPages(client, runsRequest(experiment.id, filter), signal)) {
      for (const [, record] of newRecords(items, experiment, seen)) {
        yield reference(record, modelsOf(models, record), NOWHERE);
      }
    }
  }
}

/** The filter for active runs. */
const ACTIVE = ['FINISHED', 'FAILED', 'KILLED'].map((status) => `attributes.status != '${status}'`).join(' and ');

export function* idFilters(ids: readonly string[]): Generator<string, void, void> {
  for (const some of chunks(ids, RUNS_PER_PAGE)) {
    yield `attributes.run_id IN (${some.map((id) => `'${id}'`).join(', ')})`;
  }
}

/** The runs of a page with their indexes, without those of earlier pages: pages may shift while listing. */
function* newRecords(
  items: readonly Fields[],
  { id: experimentId }: Experiment,
  seen: Set<string>,
): Generator<[index: number, record: RunRecord], void, void> {
  for (const [index, json] of items.entries()) {
    const runId = runIdOf(json);
    if (runId === undefined || seen.has(runId)) continue;
    seen.add(runId);
    yield [index, runRecord(json, runId, experimentId)];
  }
}

/** Of the request for one run. */
export function runPath(runId: string): string {
  return `/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(runId)}`;
}

/** Oldest first, so that runs created while listing do not shift the pages. */
export function runsRequest(experimentId: string, filter?: string): PagedRequest {
  return {
    path: '/api/2.0/mlflow/runs/search',
    body: {
      experiment_ids: [experimentId],
      run_view_type: 'ALL',
      ...(filter !== undefined && { filter }),
    },
    size: RUNS_PER_PAGE,
    orderBy: ['attributes.start_time ASC'],
    items: 'runs',
    what: `the runs of experiment ${experimentId}`,
  };
}

function modelsOf(
  models: ReadonlyMap<string, readonly ListedModel[]> | Unlisted,
  { run }: RunRecord,
): readonly ListedModel[] | Unlisted {
  return typeof models === 'string' ? models : (models.get(run.id) ?? []);
}

function reference(
  { run, digest: seen }: RunRecord,
  models: readonly ListedModel[] | Unlisted,
  place: Pick<Locator, 'page' | 'filter' | 'index' | 'ordinal'>,
): RunRef {
  const locator = packLocator({
    ...place,
    digest: seen,
    active: isActive(run),
    modelsDigest: typeof models === 'string' ? models : models.length === 0 ? '' : digest(models),
    models: typeof models === 'string' ? [] : models.flatMap(({ id, isOwn }) => (isOwn ? id : [])),
    measured: typeof models === 'string' ? [] : models.flatMap(({ id, isMeasured }) => (isMeasured ? id : [])),
  });
  return { runId: run.id, experimentId: run.experimentId, locator };
}
