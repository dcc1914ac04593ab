import type { Experiment, Run } from '../../model.js';
import type { LabelRule } from '../../policies.js';
import { expectedLabels } from './labels.js';
import { plainLine } from './plain-line.js';
import { hashOf } from './run-hash.js';

/** What Aim's relational database has to say of a run. Times are milliseconds since the epoch. */
export interface ExpectedProperties {
  readonly name: string;
  /** Of the description and of the note; undefined for none. */
  readonly note: string | undefined;
  readonly createdAt: number;
  readonly isArchived: boolean;
  readonly labels: readonly string[];
  readonly experiment: string;
  readonly experimentDescription: string | undefined;
  readonly experimentNote: string | undefined;
  /** Undefined where MLflow does not know it. */
  readonly experimentCreatedAt: number | undefined;
  /** Undefined of an active run. */
  readonly endedAt: number | undefined;
  /** The run was closed because nothing was logged for too long. */
  readonly isStale: boolean;
}

const NOTE = 'mlflow.note.content';
const LATEST = Date.parse('9999-12-31T23:59:59Z');

/**
 * The properties that a run has to have (docs/mapping.md, "Properties of the run").
 *
 * @param lastPoint of the latest point, milliseconds; undefined without points
 * @param now milliseconds: the moment by which an active run is stale
 */
export function expectedProperties(
  run: Run,
  experiment: Experiment,
  lastPoint: number | undefined,
  {
    now,
    staleAfter,
    labels,
  }: { readonly now: number; readonly staleAfter: number; readonly labels: readonly LabelRule[] },
): ExpectedProperties {
  const known = [run.endTime, lastPoint].filter((time) => time !== undefined);
  const start = run.startTime ?? (known.length > 0 ? Math.min(...known) : 0);
  const lastSign = Math.max(start, lastPoint ?? start);
  const isStale = run.status === 'RUNNING' && now - lastSign > staleAfter;
  const isOver = run.status !== 'RUNNING' && run.status !== 'SCHEDULED';
  const end = isOver ? (run.endTime ?? lastPoint ?? start) : isStale ? lastSign : undefined;
  const note = run.tags.get(NOTE) || undefined;
  return {
    name: rowText(run.name || run.tags.get('mlflow.runName') || `Run: ${hashOf(run.id)}`),
    note: note && rowText(note),
    createdAt: start,
    isArchived: [run, experiment].some(({ lifecycleStage }) => lifecycleStage === 'deleted'),
    labels: expectedLabels(run, labels),
    experiment: rowText(experiment.name),
    experimentDescription: rowText(plainLine(experiment.tags.get(NOTE) ?? '')) || undefined,
    experimentNote: rowText(experiment.tags.get(NOTE) ?? '') || undefined,
    experimentCreatedAt: experiment.creationTime,
    endedAt: end === undefined ? undefined : Math.min(Math.max(end, 1), LATEST),
    isStale,
  };
}

/** What reads rows of SQLite ends a text at a NUL. */
function rowText(text: string): string {
  return text.split('\0').join('\ufffd');
}

/** Milliseconds as Aim's rows have them, in UTC; of times that the column cannot hold the nearest that it can. */
export function rowTime(milliseconds: number): string {
  const time = new Date(Math.round(Math.min(Math.max(milliseconds, 0), LATEST)));
  return `${time.toISOString().slice(0, 10)} ${time.toISOString().slice(11, 23)}000`;
}
