import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { convert } from '../../src/library/convert.js';
import { isEvent, type Started, startCli } from './command-line.js';
import { essence } from './repository-state.js';
import { temporaryDirectory } from './temporary.js';
import { until } from './until.js';

/** Starts a watch in a process of its own; resolves when it is up to date. */
export function startWatch(store: string, repo: string, ...flags: string[]): Promise<Started> {
  return startWatchWith('', store, repo, ...flags);
}

/** The same, with the text of a module that is run first. */
export async function startWatchWith(preload: string, store: string, repo: string, ...flags: string[]) {
  const args = ['sync', '--tracking-uri', store, '--repo', repo, '--log-format', 'json', ...flags];
  const watch = startCli(args, preload === '' ? {} : { preload });
  await watch.line(isEvent('watching'));
  return watch;
}

/** For {@link startWatchWith}: makes the clock by which a watch waits so many times faster. */
export function fasterClock(times: number): string {
  return `
    const { performance } = globalThis;
    const now = performance.now.bind(performance);
    performance.now = () => now() * ${times};`;
}

/**
 * Waits until the repository holds what a single conversion of the store makes of it now. What a watch puts off while a run
 * is active, index entries and the removal of old files, is not compared; see {@link untilSettled}.
 */
export function untilAsConverted(store: string, repo: string): Promise<void> {
  return untilEqual(store, repo, ({ index, leftovers, ...data }) => data);
}

/** Waits until the repository is exactly what a single conversion makes of the store, index included. */
export function untilSettled(store: string, repo: string): Promise<void> {
  // staged runs belong to the watch
  const settled = ({ leftovers, ...data }: Essence) => ({
    ...data,
    leftovers: leftovers.filter((name) => !name.startsWith('mlflow2aim.')),
  });
  return untilEqual(store, repo, settled);
}

type Essence = ReturnType<typeof essence>;

async function untilEqual(store: string, repo: string, part: (state: Essence) => object) {
  const fresh = temporaryDirectory();
  // not by the command, whose start costs more than such a conversion
  const { complete } = await convert({ trackingUri: store, repo: fresh, inProcess: true });
  expect(complete).toBe(true);
  const expected = new Map(Object.entries(part(essence(fresh))));
  let differing: string[] = [];
  await until(
    `${repo} holds what a single conversion makes of the store`,
    () => {
      const found = stateOf(repo);
      if (found === undefined) return false;
      const entries = Object.entries(part(found));
      differing = entries.filter(([key, value]) => !isDeepStrictEqual(value, expected.get(key))).map(([key]) => key);
      return differing.length === 0;
    },
    () => ({ differing }),
  );
}

/** Undefined while a run is being replaced. */
function stateOf(repo: string): Essence | undefined {
  try {
    return essence(repo);
  } catch {
    return undefined;
  }
}

/** Ends a watch as a service manager does; returns the events that it has logged. */
export async function stopWatch({ child, ended }: Started, signal: NodeJS.Signals = 'SIGTERM') {
  child.kill(signal);
  const { code, stdout, stderr } = await ended;
  const lines = stdout.trim().split('\n');
  return { code, stderr, events: lines.map((line) => JSON.parse(line) as { event: string } & Record<string, unknown>) };
}
