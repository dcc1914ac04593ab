import type { SequenceKind } from '../contents.js';
import { encodeKey } from './keys.js';

/** Where Aim keeps the parts of a run (docs/aim-repo-format.md §5). */

/** The arrays of a metric, in the order of their names, which is that of their keys. */
export const METRIC_COLUMNS = ['epoch', 'step', 'time', 'val'] as const;

/** Of a sequence of objects; there the key of an element is the step. */
export const OBJECT_COLUMNS = ['epoch', 'time', 'val'] as const;

/** Below this key lie the arrays of a metric. */
export function metricKey(hash: string, contextId: bigint, name: string): Buffer {
  return encodeKey('seqs', 'v2', 'chunks', hash, contextId, name);
}

export function objectsKey(hash: string, contextId: bigint, name: string): Buffer {
  return encodeKey('seqs', 'chunks', hash, contextId, name);
}

/** How Aim lays a sequence out: metrics by the hash of the step, everything else by the step. */
export const METRIC_VERSION = 2n;
const OBJECT_VERSION = 1n;

const KINDS: ReadonlyMap<string, SequenceKind> = new Map([
  ['float', 'metric'],
  ['int', 'metric'],
  ['float64', 'metric'],
  ['number', 'metric'],
  ['aim.image', 'images'],
  ['list(aim.image)', 'images'],
  ['aim.text', 'texts'],
  ['list(aim.text)', 'texts'],
  ['aim.audio', 'audios'],
  ['list(aim.audio)', 'audios'],
  ['aim.distribution', 'distributions'],
  ['aim.figure', 'figures'],
]);

/** What Aim files values of a type under. */
export function kindOf(dtype: string): SequenceKind {
  return KINDS.get(dtype) ?? 'sequence';
}

/** The version that a sequence of this type has to be of. */
export function versionOf(dtype: string): bigint {
  return kindOf(dtype) === 'metric' ? METRIC_VERSION : OBJECT_VERSION;
}
