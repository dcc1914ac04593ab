import { afterEach, expect, test } from '@jest/globals';
import { built, type Started, startScript } from '../support/command-line.js';
import { NOW } from '../support/conversions.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';
import { untilSettled } from '../support/watching.js';

const ACTIVE = 'f'.repeat(32);
/** So many that polling all of them takes longer than it takes to notice the next change. */
const ENDED = 600;
/** A complete poll is due again after four times as long as it took, which depends on the machine. */
const MOST_POLLS = 100;
const point = (step: number) => ({ timestamp: NOW + step, value: step / 7, step: BigInt(step) });

const builders: SqliteStoreBuilder[] = [];
afterEach(() => {
  for (const builder of builders.splice(0)) builder.remove();
});

/** A database with many ended runs and one active run. */
function database(): SqliteStoreBuilder {
  const builder = new SqliteStoreBuilder();
  builders.push(builder);
  builder.experiment({ id: 0, name: 'Default' });
  for (let run = 0; run < ENDED; run++) builder.run(0, { runId: run.toString(16).padStart(32, '0') });
  builder.run(0, { runId: ACTIVE, status: 'RUNNING', endTime: null, metrics: { loss: [point(0)] } });
  return builder;
}

/** A watch that prints its passes as JSON, each after its number. */
function watchPasses(trackingUri: string, repo: string): Started {
  return startScript(`
    import { ConvertEvents, watch } from '${built('index.js')}';
    const options = ${JSON.stringify({ trackingUri, repo, concurrency: 2, interval: 3_600_000 })};
    const events = new ConvertEvents();
    const stop = new AbortController();
    process.once('SIGTERM', () => stop.abort());
    let passes = 0;
    events.on('watching', () => console.log('watching'));
    events.on('pass', (pass) => { if (pass.changed > 0) console.log(++passes + ' ' + JSON.stringify(pass)); });
    await watch({ ...options, events, signal: stop.signal });
  `);
}

test('a watch polls all of a database and, in between, only its active runs', async () => {
  const builder = database();
  const repo = temporaryDirectory();
  const watch = watchPasses(builder.uri, repo);
  await watch.line((line) => line === 'watching');
  const polled = new Set<number>();
  for (let step = 1; polled.size < 2 && step <= MOST_POLLS; step++) {
    builder.points(ACTIVE, 'loss', [point(step)]);
    const line = await watch.line((said) => said.startsWith(`${step} `));
    const { runs, changed } = JSON.parse(line.slice(line.indexOf(' '))) as { runs: number; changed: number };
    expect(changed).toBe(1);
    polled.add(runs);
  }
  expect(polled).toEqual(new Set([1, ENDED + 1]));

  builder.database.exec(`UPDATE runs SET status = 'FINISHED', end_time = ${NOW + 100} WHERE run_uuid = '${ACTIVE}'`);
  await untilSettled(builder.uri, repo);
  watch.child.kill('SIGTERM');
  expect(await watch.ended).toMatchObject({ code: 0, stderr: '' });
});
