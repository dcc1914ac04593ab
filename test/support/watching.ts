import { isDeepStrictEqual } from 'node:util';
import { convert, isEvent, type Started, startCli } from './command-line.js';
import { essence } from './repository-state.js';
import { temporaryDirectory } from './temporary.js';
import { until } from './until.js';

/** A watch in a process of its own, up to date. */
export async function startWatch(store: string, repo: string, ...flags: string[]): Promise<Started> {
  const watch = startCli(['sync', '--tracking-uri', store, '--repo', repo, '--log-format', 'json', ...flags]);
  await watch.line(isEvent('watching'));
  return watch;
}

/** Waits until the repository is what a single conversion of the store as it is now makes of it. */
export async function untilAsConverted(store: string, repo: string, ...flags: string[]): Promise<void> {
  const fresh = temporaryDirectory();
  await convert(store, fresh, flags);
  const expected = essence(fresh);
  let found: unknown;
  await until(
    'the repository is as converted',
    () => {
      found = stateOf(repo);
      return isDeepStrictEqual(found, expected);
    },
    () => ({ found, expected }),
  );
}

/** What a repository says; undefined while a run is just being replaced. Staged runs belong to whoever writes. */
function stateOf(repo: string): unknown {
  try {
    const { leftovers, ...state } = essence(repo);
    return { ...state, leftovers: leftovers.filter((name) => !name.startsWith('mlflow2aim.')) };
  } catch {
    return undefined;
  }
}

/** Ends a watch as a service manager does; gives the events that it has logged. */
export async function stopWatch({ child, ended }: Started, signal: NodeJS.Signals = 'SIGTERM') {
  child.kill(signal);
  const { code, stdout, stderr } = await ended;
  const lines = stdout.trim().split('\n');
  return { code, stderr, events: lines.map((line) => JSON.parse(line) as { event: string } & Record<string, unknown>) };
}
