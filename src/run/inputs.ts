import { createHash } from 'node:crypto';
import type { Experiment } from '../model.js';
import type { RunEnvironment, RunOptions } from './task/run-environment.js';

/** Raised whenever the same source would be written differently, so that what was written before is written again. */
const MAPPING_VERSION = 4;

/**
 * Which of the options decide about what a run is like in Aim. The others decide whether a run is
 * converted at all.
 */
const DECIDES: Readonly<Record<keyof RunOptions, boolean>> = {
  mapping: true,
  artifacts: true,
  source: true,
  stages: true,
  includeDeleted: false,
  overwrite: false,
};

const OPTIONS = (Object.keys(DECIDES) as Array<keyof RunOptions>).filter((name) => DECIDES[name]);

/** A digest of all that decides about the result beside the run itself. */
export function inputsOf(
  { experiment }: { readonly experiment: Experiment },
  { store, options }: Pick<RunEnvironment, 'store' | 'options'>,
): string {
  const { id, name, lifecycleStage, creationTime, tags } = experiment;
  const text = JSON.stringify([
    MAPPING_VERSION,
    ...OPTIONS.map((option) => options[option]).filter((value) => value !== undefined),
    store.uri,
    id,
    name,
    lifecycleStage,
    creationTime,
    [...tags].sort(),
  ]);
  if (text !== lastInputs.text) {
    lastInputs = { text, digest: createHash('sha256').update(text).digest('hex').slice(0, 32) };
  }
  return lastInputs.digest;
}

/** Most runs come behind one of the same experiment. */
let lastInputs = { text: '', digest: '' };
