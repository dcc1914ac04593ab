import { ConvertError } from '../../errors.js';
import type { Experiment } from '../../model.js';
import { type FoundRun, meetsConditions, type RunSearch } from '../common/run-search.js';
import type { HttpClient } from '../http/http-client.js';
import { responseErrorOf } from '../http/response-error.js';
import { parseFilter } from '../search/filter-parser.js';
import { idFilters, listRecords } from './run-listing.js';
import type { RunRecord } from './run-record.js';

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

/**
 * The runs of an experiment that meet all conditions. A filter is given to the server as it is; without one, the server is asked for
 * what it can tell of the other conditions. All but the filter are held against what it lists.
 */
export async function* searchServerRuns(
  client: HttpClient,
  experiment: Experiment,
  search: RunSearch,
  signal: AbortSignal,
): AsyncGenerator<FoundRun, void, void> {
  try {
    for await (const { ref, record } of listRecords(client, experiment, filtersOf(search), signal)) {
      if (!meetsConditions(search, headerOf(record))) continue;
      const { startTime, lifecycleStage } = record.run;
      yield { ref, isDeleted: lifecycleStage === 'deleted', ...(startTime !== undefined && { startTime }) };
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw search.filter === undefined ? cause : refused(search.filter, cause, client.server.shown);
  }
}

function headerOf({ run: { id, name, tags, status, startTime } }: RunRecord) {
  return { runId: id, name: name || tags.get('mlflow.runName'), status, startTime };
}

/** One of these filters has to hold. */
function filtersOf(search: RunSearch): Iterable<string | undefined> {
  const { filter, runIds, since, until, statuses } = search;
  if (filter !== undefined) return [filter];
  // what is no id of MLflow's names no run, and could end the quotes
  if (runIds !== undefined) return idFilters([...runIds].filter((id) => /^[\w-]+$/.test(id)));
  const clauses = [
    ...(since === undefined ? [] : [`attributes.start_time >= ${Math.floor(since)}`]),
    ...(until === undefined ? [] : [`attributes.start_time <= ${Math.ceil(until)}`]),
    ...STATUSES.filter((status) => statuses?.has(status) === false).map((status) => `attributes.status != '${status}'`),
  ];
  return [clauses.length === 0 ? undefined : clauses.join(' and ')];
}

/** The `fatal` error about a filter that a server refuses; with the place, if it is wrong by our rules as well. */
function refused(filter: string, cause: unknown, server: string): unknown {
  const response = responseErrorOf(cause);
  if (response?.status !== 400) return cause;
  try {
    parseFilter(filter);
  } catch (error) {
    return error;
  }
  const message = `The tracking server ${server} refuses the filter: ${response.message.replace(/\.?$/, '.')}`;
  return new ConvertError('fatal', 'invalid-argument', message, { where: server, cause });
}
