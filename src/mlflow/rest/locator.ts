import type { RunRef } from '../../model.js';

/** Where a run was when it was listed; the {@link RunRef.locator} of a server's run, as JSON. */
export interface Locator {
  /** Changes when the run changes, as far as a listing shows. */
  readonly digest: string;
  /** The token of the page of runs on which it was, '' for the first. */
  readonly page: string;
  /** The filter of the listing to which the page belongs; absent for that of all runs. */
  readonly filter?: string | undefined;
  /** Its index on that page. */
  readonly index: number;
  /** Its index among all runs of the experiment. */
  readonly ordinal: number;
  /** Whether it may still change. */
  readonly active: boolean;
  /** Changes when a logged model changes whose source it is, or that tells the datasets of its points; '' if there is none. */
  readonly modelsDigest: string;
  /** The ids of the models whose source it is. */
  readonly models: readonly string[];
  /** The ids of those that tell the datasets of its points. */
  readonly measured: readonly string[];
}

/** Instead of a digest if the server failed to list the models. */
export const UNLISTED = 'unlisted';
/** Instead of a digest if the server has no such list: it is older than MLflow 3, or a proxy does not let the request through. */
export const NO_LIST = 'no list';
export type Unlisted = typeof UNLISTED | typeof NO_LIST;

/** For a run that is on no page of the whole listing, and is read by itself. */
export const NOWHERE = { page: '', index: -1, ordinal: -1 } as const;

type Page = string | readonly [page: string, filter: string];
type Packed = readonly [string, Page, number, number, 0 | 1, string, readonly string[], ...string[]];

export function packLocator(locator: Locator): string {
  const { digest, page, filter, index, ordinal, active, modelsDigest, models, measured } = locator;
  const place: Page = filter === undefined ? page : [page, filter];
  const packed: Packed = [digest, place, index, ordinal, active ? 1 : 0, modelsDigest, measured, ...models];
  return JSON.stringify(packed);
}

/** The locator of a reference; one of {@link NOWHERE} if no listing made it. */
export function unpackLocator(ref: RunRef): Locator {
  try {
    const [digest, place, index, ordinal, active, modelsDigest, measured, ...models] = JSON.parse(
      ref.locator,
    ) as Packed;
    const [page, filter] = typeof place === 'string' ? [place] : place;
    return { digest, page, filter, index, ordinal, active: active === 1, modelsDigest, models, measured };
  } catch {
    return { ...NOWHERE, digest: '', active: true, modelsDigest: '', models: [], measured: [] };
  }
}
