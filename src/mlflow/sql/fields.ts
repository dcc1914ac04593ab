import type { LifecycleStage, RunStatus } from '../../model.js';

const STATUSES: ReadonlySet<string> = new Set(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);

/** A text that is there and not empty. */
export function textOf(value: string | null | undefined): string | undefined {
  return value === null || value === undefined || value === '' ? undefined : value;
}

/** A bigint column with a time. */
export function milliseconds(value: string | null | undefined): number | undefined {
  const time = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isFinite(time) ? time : undefined;
}

export function lifecycleStage(value: string | null | undefined): LifecycleStage {
  return value?.toLowerCase() === 'deleted' ? 'deleted' : 'active';
}

export function isRunStatus(value: string): value is RunStatus {
  return STATUSES.has(value);
}
