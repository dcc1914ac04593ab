import { expect } from '@jest/globals';
import { essence } from './repository-state.js';
import { temporaryDirectory } from './temporary.js';

/** What Aim held of a run (see {@link heldOf}) it holds now, but for what may be another now or gone. */
export function expectKept(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  isAnother: (key: string) => boolean = () => false,
): void {
  for (const [key, value] of before) if (!isAnother(key)) expect([key, now.get(key)]).toEqual([key, value]);
}

/** A repository holds what one conversion into a new one gives. */
export async function expectWhole(repository: string, convert: (into: string) => Promise<unknown>): Promise<void> {
  const fresh = temporaryDirectory();
  await convert(fresh);
  expect(essence(repository)).toEqual(essence(fresh));
}
