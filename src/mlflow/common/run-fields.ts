import type { LifecycleStage, RunStatus } from '../../model.js';

const STATUSES: ReadonlySet<string> = new Set<RunStatus>(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);

export function isRunStatus(value: string): value is RunStatus {
  return STATUSES.has(value);
}

/** What to report about a run whose status MLflow does not know. */
export function unknownStatus(status: unknown): string {
  return `${JSON.stringify(status)} is not a status of MLflow; RUNNING is assumed.`;
}

/** Sources of MLflow 0.x have no stage: nothing could be deleted there. */
export function parseLifecycleStage(value: string | null | undefined): LifecycleStage {
  return value?.toLowerCase() === 'deleted' ? 'deleted' : 'active';
}

/** `{ [key]: value }`, or nothing: absent fields are absent, not undefined. */
export function optionalField<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
