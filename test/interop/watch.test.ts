import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { until } from './aim-server.js';
import { differences, expectedRuns, type RunRecord, readAim, some } from './compare.js';
import { CLI, PROJECT, scratch, start } from './harness.js';
import { LiveServer } from './live-server.js';
import { createRun, endRun, logPoints } from './log-by-rest.js';
import { type MlflowServer, serveMlflow } from './mlflow-server.js';
import { aim, PYTHON } from './python.js';

/** Sources that MLflow trains into: what names them, once they are there. */
const SOURCES: Readonly<Record<string, (directory: string) => Promise<string>>> = {
  'a directory': async (directory) => join(directory, 'mlruns'),
  'a SQLite database': async (directory) => `sqlite:///${join(directory, 'mlflow.db')}`,
  'a tracking server': async () => (await serveMlflow()).url,
};

test.each(Object.entries(SOURCES))(
  'training into %s is seen live in aim up, beside people who edit, archive and remove',
  async (_, open) => {
    const directory = await scratch();
    const uri = await open(directory);
    const repo = await scratch();
    const training = await train(uri, directory);
    const [edited, archived, removed] = training.runs as [string, string, string];
    const watch = await watchInto(uri, repo);
    const server = await LiveServer.over(repo);

    for (const run of training.runs) {
      await until(`run ${run} is there, in progress`, async () => (await server.run(run))?.active === true, watch.said);
      const before = await server.steps(run);
      await until('it has grown', async () => (await server.steps(run)) > before, watch.said);
      await until('its images are there', async () => (await server.images(run)) > 0, watch.said);
    }

    await server.change(`${edited}/tags/new/`, 'POST', { tag_name: 'by hand' });
    await server.change(`${archived}/`, 'PUT', { archived: true });
    // Aim gives up, and leaves all as it was, where its own server is just writing the index
    const isRemoved = async () =>
      /Successfully deleted/.test(await aim('runs', '--repo', repo, 'rm', removed, '--yes'));
    await until('Aim has removed a run', isRemoved, watch.said);
    for (const run of [edited, archived]) {
      const before = await server.steps(run);
      await until('it goes on growing', async () => (await server.steps(run)) > before, watch.said);
    }

    const logged = await training.end();
    for (const run of [edited, archived]) {
      await until(`run ${run} has ended`, async () => (await server.run(run))?.end_time != null, watch.said);
      await until('all of it is there', async () => (await server.steps(run)) === logged[run], watch.said);
    }
    expect(await server.run(edited)).toMatchObject({ archived: false, tags: expect.arrayContaining(['by hand']) });
    expect(await server.run(archived)).toMatchObject({ archived: true });
    expect(await server.run(removed)).toBeUndefined();

    // Aim's server goes on indexing what has just ended, and the watch sees to it that the last word is right
    await untilAsMlflowHasIt(uri, repo, { edited, archived, removed });
    expect(await watch.stop()).toEqual({ code: 0, troubles: [] });
    expect(failures(server.log(), removed)).toEqual([]);
    await server.stop();
  },
);

test('a tracking server that goes away and comes back is told of once, and followed on', async () => {
  const directory = await scratch();
  const flags = ['--backend-store-uri', `sqlite:///${join(directory, 'mlflow.db')}`];
  const server = await serveMlflow({ flags });
  const repo = await scratch();
  const before = await loggedRun(server);
  const watch = await watchInto(server.url, repo);
  await server.stop();
  const isSaid = (what: string) => watch.said().includes(`"event":"source","available":${what}`);
  await until('it is told that the server is away', () => isSaid('false'), watch.said);

  const again = await serveMlflow({ flags, port: server.port });
  await until('it is told that the server is back', () => isSaid('true'), watch.said);
  const after = await loggedRun(again);
  const expected = await expectedRuns(again.url);
  expect([...expected.keys()].sort()).toEqual([before, after].sort());
  let found = '';
  const isAsExpected = async () => {
    const { runs, indexProblems } = await readAim(repo);
    found = some([...differences(expected, runs), ...indexProblems]);
    return found === '';
  };
  await until('Aim has what the server has', isAsExpected, () => found);
  const { code, troubles } = await watch.stop();
  expect(code).toBe(0);
  expect(troubles).toEqual([expect.stringContaining('"available":false')]);
});

async function loggedRun(server: MlflowServer): Promise<string> {
  const runId = await createRun(server);
  await logPoints(server, runId, { loss: [{ timestamp: Date.now(), value: 0.5, step: 0n }] });
  await endRun(server, runId);
  return runId;
}

/** Trains three runs in a process of its own; `end` gives how many steps each has logged. */
async function train(uri: string, cwd: string) {
  const script = join(PROJECT, 'test/interop/python/train.py');
  const { child, finished } = start(PYTHON, [script, uri], { cwd });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The training ended early: ${(await finished).stderr.slice(-2000)}`);
    return JSON.parse(value as string) as Record<string, unknown>;
  };
  const { runs } = (await next()) as { runs: string[] };
  return {
    runs,
    end: async () => {
      child.stdin?.end();
      const logged = (await next()) as Record<string, number>;
      expect((await finished).code).toBe(0);
      return logged;
    },
  };
}

/** `mlflow2aim sync` in a process of its own, up to date. */
async function watchInto(uri: string, repo: string) {
  const args = [CLI, 'sync', '--tracking-uri', uri, '--repo', repo, '--log-format', 'json', '--interval', '1s'];
  const { child, finished } = start(process.execPath, args);
  let said = '';
  child.stdout?.on('data', (part: Buffer) => {
    said += part.toString();
  });
  await until(
    'the watch is up to date',
    () => said.includes('"event":"watching"'),
    () => said,
  );
  return {
    said: () => said,
    stop: async () => {
      child.kill('SIGTERM');
      const { code, stdout } = await finished;
      const events = stdout.trim().split('\n');
      return { code, troubles: events.filter((line) => !line.startsWith('{"level":"info"')) };
    },
  };
}

/** What a server tells of errors; but for its own stumbling over a run that was removed while it was about to index it. */
function failures(log: string, removed: string): string[] {
  const found = [...log.matchAll(/Traceback|Internal Server Error/g)].map(({ index }) =>
    log.slice(index, index + 3000),
  );
  const itsOwn = new RegExp(`FileNotFoundError: .*meta/chunks/${removed}'`);
  return found.filter((text) => !itsOwn.test(text));
}

/** What remains is what MLflow's own client tells, but for what people did in Aim. */
async function untilAsMlflowHasIt(
  uri: string,
  repo: string,
  { edited, archived, removed }: Record<'edited' | 'archived' | 'removed', string>,
): Promise<void> {
  const expected = await expectedRuns(uri);
  expected.delete(removed);
  const change = (run: string, changes: Record<string, unknown>) =>
    expected.set(run, { ...(expected.get(run) as RunRecord), ...changes });
  change(edited, { tags: ['by hand'] });
  change(archived, { archived: true });
  let found = '';
  const isAsExpected = async () => {
    try {
      const { runs, indexProblems } = await readAim(repo);
      // Aim itself leaves a checksum behind when a run is removed while its server looks at it
      const problems = indexProblems.filter((problem) => !problem.includes(removed));
      found = some([...differences(expected, runs), ...problems]);
    } catch (error) {
      found = String(error);
    }
    return found === '';
  };
  await until('Aim has what MLflow has', isAsExpected, () => found);
}
