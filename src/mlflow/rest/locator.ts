import type { RunRef } from '../../model.js';

/** Where a run stood when it was listed; what {@link RunRef.locator} of a server's run holds, as JSON. */
export interface Locator {
  /** Changes when the run does, as far as a listing shows. */
  readonly digest: string;
  /** The token of the page of runs on which it stood, '' for the first. */
  readonly page: string;
  /** Its place on that page. */
  readonly index: number;
  /** Its place among all runs of the experiment. */
  readonly ordinal: number;
  /** Whether it may still grow. */
  readonly active: boolean;
  /** Changes when a logged model does that names it as its source; '' when there is none. */
  readonly modelsDigest: string;
  /** The ids of those models. */
  readonly models: readonly string[];
}

/** In the place of a digest when the server did not list the models. */
export const UNLISTED = 'unlisted';
/** In its place when the server has no such list: it is older than MLflow 3, or what stands before it does not let it through. */
export const NO_LIST = 'no list';
export type Unlisted = typeof UNLISTED | typeof NO_LIST;

/** On no page of the whole listing: such a run is read by itself. */
export const NOWHERE = { page: '', index: -1, ordinal: -1 } as const;

type Packed = readonly [string, string, number, number, 0 | 1, string, ...string[]];

export function packLocator({ digest, page, index, ordinal, active, modelsDigest, models }: Locator): string {
  const packed: Packed = [digest, page, index, ordinal, active ? 1 : 0, modelsDigest, ...models];
  return JSON.stringify(packed);
}

/** The locator of a reference; of one that no listing made, one that leads nowhere. */
export function unpackLocator(ref: RunRef): Locator {
  try {
    const [digest, page, index, ordinal, active, modelsDigest, ...models] = JSON.parse(ref.locator) as Packed;
    return { digest, page, index, ordinal, active: active === 1, modelsDigest, models };
  } catch {
    return { ...NOWHERE, digest: '', active: true, modelsDigest: '', models: [] };
  }
}
