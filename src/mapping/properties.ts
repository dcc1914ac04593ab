import type { ExperimentProperties, RunProperties } from '../aim/run-properties.js';
import type { Experiment, Notice, Run } from '../model.js';
import type { MappingPolicy } from '../policies.js';
import { firstLine } from './first-line.js';
import { labelsOf } from './labels.js';
import { runHash } from './run-hash.js';

/** What follows from the header of a run for its place in Aim. Times are seconds since the epoch. */
export interface MappedRun {
  readonly properties: RunProperties;
  /** Null while the run is active. Never 0, which Aim takes for active. */
  readonly endTime: number | null;
  /** Present when the run was RUNNING for too long without a sign of life, and was closed. */
  readonly stale?: Extract<Notice, { kind: 'stale' }>;
  /** From then on (milliseconds) a run that is active now is stale, unless something changes; null for all others. */
  readonly staleFrom: number | null;
}

/** The last second of the year 9999: beyond it Python has no dates. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59);

const DESCRIPTION_TAG = 'mlflow.note.content';

/**
 * The properties of a run.
 *
 * A run without a start time is taken to have begun at the earliest time known of it, its end or its last point, and in
 * 1970 when there is none. A RUNNING run's last sign of life is its last point or its start, whichever is later.
 *
 * @param lastPoint time of the run's latest point, milliseconds since the epoch; undefined when it has no points.
 * @param now the time of the conversion, milliseconds since the epoch; only decides whether a run is stale.
 */
export function mapProperties(
  run: Run,
  experiment: Experiment,
  lastPoint: number | undefined,
  now: number,
  policy: Pick<MappingPolicy, 'staleAfter' | 'labels'>,
): MappedRun {
  const description = run.tags.get(DESCRIPTION_TAG);
  const start = run.startTime ?? earliest(run.endTime, lastPoint);
  const { end, ...activity } = endOf(run, start, lastPoint, now, policy.staleAfter);
  const properties = {
    name: rowText(run.name || run.tags.get('mlflow.runName') || `Run: ${runHash(run.id)}`),
    ...(description ? { description: rowText(description), note: rowText(description) } : {}),
    creationTime: start / 1000,
    archived: run.lifecycleStage === 'deleted' || experiment.lifecycleStage === 'deleted',
    labels: labelsOf(run.status, run.tags, policy.labels),
    experiment: experimentProperties(experiment),
  };
  return { properties, endTime: end === null ? null : Math.min(Math.max(end, 1), LAST_TIME) / 1000, ...activity };
}

/** Aim shows the description of an experiment as a plain text in a column, so that is the first line of its note. */
function experimentProperties({ name, tags, creationTime }: Experiment): ExperimentProperties {
  const note = tags.get(DESCRIPTION_TAG);
  const description = note && firstLine(note);
  return {
    name: rowText(name),
    ...(description ? { description: rowText(description) } : {}),
    ...(note ? { note: rowText(note) } : {}),
    ...(creationTime === undefined ? {} : { creationTime: creationTime / 1000 }),
  };
}

/** A text that SQLite keeps whole: what reads its rows ends a text at a NUL. */
function rowText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

function earliest(...times: readonly (number | undefined)[]): number {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? 0 : Math.min(...known);
}

/** When the run ended, in milliseconds; null when it goes on. */
function endOf(
  run: Run,
  start: number,
  lastPoint: number | undefined,
  now: number,
  staleAfter: number,
): { readonly end: number | null } & Pick<MappedRun, 'stale' | 'staleFrom'> {
  if (run.status === 'SCHEDULED') return { end: null, staleFrom: null };
  if (run.status !== 'RUNNING') return { end: run.endTime ?? lastPoint ?? start, staleFrom: null };
  const lastSign = Math.max(start, lastPoint ?? start);
  const staleFrom = lastSign + staleAfter + 1;
  if (now < staleFrom) return { end: null, staleFrom: Number.isFinite(staleFrom) ? staleFrom : null };
  return { end: lastSign, stale: { kind: 'stale', lastSign }, staleFrom: null };
}
