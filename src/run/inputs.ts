import { createHash } from 'node:crypto';
import type { Experiment } from '../model.js';
import type { RunEnvironment, RunOptions } from './task/run-environment.js';

/** Raised whenever the same source would be written differently, so that earlier results are written again. */
const MAPPING_VERSION = 4;

/** Marks which options decide about the content of a run in Aim. The others decide whether a run is converted at all. */
const DECIDES: Readonly<Record<keyof RunOptions, boolean>> = {
  mapping: true,
  artifacts: true,
  source: true,
  stages: true,
  includeDeleted: false,
  overwrite: false,
};

const OPTIONS = (Object.keys(DECIDES) as Array<keyof RunOptions>).filter((name) => DECIDES[name]);

/** A digest of everything besides the run itself that decides about the result. */
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

/** Most runs follow another of the same experiment. */
let lastInputs = { text: '', digest: '' };
