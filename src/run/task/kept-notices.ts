import type { Notice } from '../../model.js';

/** The notices of a run as they are remembered: a file store can give thousands of each kind. */
export interface KeptNotices {
  readonly notices: readonly Notice[];
  /** The number of others that are not kept, if any. */
  readonly more?: number;
}

/** Of each kind. */
const MOST_OF_A_KIND = 50;
/** As JSON; paths and reasons may be long. */
const MOST_CHARACTERS = 32_768;

/** The first notices of each kind, in their order; undefined for none. */
export function keptNotices(all: readonly Notice[]): KeptNotices | undefined {
  if (all.length === 0) return undefined;
  const ofKind = new Map<string, number>();
  const notices: Notice[] = [];
  let characters = 0;
  for (const notice of all) {
    const count = (ofKind.get(notice.kind) ?? 0) + 1;
    ofKind.set(notice.kind, count);
    if (count > MOST_OF_A_KIND) continue;
    const length = JSON.stringify(notice).length;
    if (characters + length > MOST_CHARACTERS) continue;
    characters += length;
    notices.push(notice);
  }
  const more = all.length - notices.length;
  return more === 0 ? { notices } : { notices, more };
}
