import { toConvertError } from '../../errors.js';
import type { Experiment, Run, RunRef, StageContext } from '../../model.js';
import { type FoundRun, meetsConditions, type RunSearch } from '../common/run-search.js';
import type { TrackingStore } from '../common/tracking-store.js';
import type { SearchedFields } from './filter-matcher.js';
import { LastValue } from './last-value.js';
import { REGEX_LIKE } from './like.js';
import { SearchMatchers } from './search-matchers.js';

type SearchedStore = Pick<TrackingStore, 'uri' | 'runs' | 'run' | 'history' | 'searchRuns' | 'findRun'>;

/**
 * Lists the runs of an experiment that meet all conditions, deleted ones included, in the order of {@link TrackingStore.runs}. Costs as
 * little as the store can make it.
 */
export async function* searchRuns(
  store: SearchedStore,
  experiment: Experiment,
  search: RunSearch,
  signal: AbortSignal,
): AsyncGenerator<FoundRun, void, void> {
  if (store.searchRuns !== undefined) {
    yield* store.searchRuns(experiment, search, signal);
    return;
  }
  for await (const ref of store.runs(experiment, signal)) {
    const found = await findRun(store, ref, search, signal);
    if (found !== undefined) yield found;
  }
}

/**
 * The run, if it meets all conditions. One that cannot be read (but is a run) counts as if it did: whoever reads it finds out and says
 * why, where leaving it out would be silent.
 */
export async function findRun(
  store: SearchedStore,
  ref: RunRef,
  search: RunSearch,
  signal: AbortSignal,
): Promise<FoundRun | undefined> {
  if (search.runIds?.has(ref.runId) === false) return undefined;
  try {
    const find = store.findRun?.bind(store) ?? ((...args) => findByHeader(store, ...args));
    return await find(ref, search, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const { kind } = toConvertError(cause, 'skip-run', store.uri);
    if (kind === 'fatal') throw cause;
    return kind === 'not-a-run' ? undefined : { ref, isDeleted: false };
  }
}

const matchers = new SearchMatchers(REGEX_LIKE);

async function findByHeader(
  store: SearchedStore,
  ref: RunRef,
  search: RunSearch,
  signal: AbortSignal,
): Promise<FoundRun | undefined> {
  const matcher = matchers.of(search);
  const context: StageContext = { signal, notice: () => undefined };
  const run = await store.run(ref, context);
  const { id: runId, status, startTime } = run;
  const name = run.name || run.tags.get('mlflow.runName');
  if (!meetsConditions(search, { runId, name, status, startTime })) return undefined;
  if (matcher !== undefined && !(await matcher.matches(fieldsOf(store, ref, run, context)))) return undefined;
  const isDeleted = run.lifecycleStage === 'deleted';
  return { ref, isDeleted, ...(startTime !== undefined && { startTime }) };
}

function fieldsOf(store: SearchedStore, ref: RunRef, run: Run, context: StageContext): SearchedFields {
  const attributes: Readonly<Record<string, string | number | undefined>> = {
    run_id: run.id,
    run_name: run.name || run.tags.get('mlflow.runName'),
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime,
    user_id: run.userId,
    artifact_uri: run.artifactUri,
  };
  return {
    attribute: (key) => attributes[key],
    text: (part, key) => (part === 'param' ? run.params : run.tags).get(key),
    datasets: () => run.datasets,
    metric: async (key) => {
      const last = new LastValue();
      for await (const batch of store.history(ref, key, context)) last.add(batch);
      return last.value;
    },
  };
}
