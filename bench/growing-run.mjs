// @ts-check
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Repository } from '../dist/aim/repository.js';
import { openConversion } from '../dist/conversion/open-conversion.js';
import { ConvertEvents } from '../dist/events.js';
import { openStore } from '../dist/mlflow/open-store.js';
import { withDefaults } from '../dist/options.js';
import { Listing } from '../dist/state/listing.js';

/*
 * What it costs to add to a growing run: each pass appends points to every metric of every run, and then
 * makes a pass as a watch does, in one thread. Prints milliseconds for each run and pass: build (until the last run is whole)
 * and publish (from then until it is visible), beside the first conversion of the whole run.
 *
 *   node bench/growing-run.mjs [--runs 1] [--metrics 10] [--points 10000] [--added 100] [--passes 100]
 */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    metrics: { type: 'string', default: '10' },
    points: { type: 'string', default: '10000' },
    added: { type: 'string', default: '100' },
    passes: { type: 'string', default: '100' },
  },
});
const size = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
const START = Date.now() - 3_600_000;
const root = mkdtempSync(join(tmpdir(), 'mlflow2aim-growing-'));
const store = join(root, 'mlruns');
const runIds = Array.from({ length: size.runs }, (_, i) => String(i).padStart(32, '0'));
let step = 0;

/** @param {number} count */
function append(count) {
  const lines = [];
  for (let i = 0; i < count; i++, step++) lines.push(`${START + step} ${Math.sin(step)} ${step}\n`);
  const text = lines.join('');
  for (const run of runIds) {
    for (let m = 0; m < size.metrics; m++) appendFileSync(join(store, '1', run, 'metrics', `metric_${m}`), text);
  }
}

for (const run of runIds) {
  const directory = join(store, '1', run);
  for (const part of ['metrics', 'params', 'tags', 'artifacts']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(
    join(directory, 'meta.yaml'),
    `artifact_uri: ${directory}/artifacts\nend_time: null\nentry_point_name: ''\nexperiment_id: '1'\nlifecycle_stage: active\n` +
      `run_id: '${run}'\nrun_name: run\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: ${START}\nstatus: 1\ntags: []\nuser_id: bench\n`,
  );
  for (let i = 0; i < 20; i++) writeFileSync(join(directory, 'params', `param_${i}`), String(i));
}
writeFileSync(
  join(store, '1', 'meta.yaml'),
  `artifact_location: ${store}/1\ncreation_time: ${START}\nexperiment_id: '1'\nlast_update_time: ${START}\nlifecycle_stage: active\nname: bench\n`,
);

const repository = Repository.open(join(root, 'repo'));
const options = withDefaults({ trackingUri: store, repo: join(root, 'repo'), inProcess: true });
const source = openStore(store);
const events = new ConvertEvents();
events.on('warning', ({ message }) => console.error(message));
const conversion = openConversion({ store: source, repository }, options, events);
const { signal } = new AbortController();

async function pass() {
  const began = performance.now();
  let [built, points] = [began, 0];
  const listing = await Listing.begin(source, {}, signal);
  await conversion.pass(
    listing.runs(() => {}, signal),
    signal,
    {
      ready: () => {
        built = performance.now();
      },
      done: ({ report }) => {
        points += report.counts.points;
      },
      brief: true,
    },
  );
  return { build: built - began, publish: performance.now() - built, points };
}

/** @param {number[]} list @param {number} share */
const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? 0;
const ms = (/** @type {number} */ time) => (time / size.runs).toFixed(2);

try {
  append(size.points);
  const whole = await pass();
  console.log(`whole      build ${ms(whole.build)} ms, publish ${ms(whole.publish)} ms for each run`);
  const [builds, publishes] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let i = 0; i < size.passes; i++) {
    append(size.added);
    const { build, publish, points } = await pass();
    const added = size.runs * size.metrics * size.added;
    if (points !== added) throw new Error(`${points} points were written, not the ${added} that were added.`);
    builds.push(build);
    publishes.push(publish);
  }
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, time) => sum + time, 0) / list.length;
  for (const [name, list] of [
    ['build', builds],
    ['publish', publishes],
  ]) {
    const times = /** @type {number[]} */ (list);
    console.log(
      `add ${name.padEnd(7)} mean ${ms(mean(times))} p50 ${ms(quantile(times, 0.5))} p99 ${ms(quantile(times, 0.99))} max ${ms(Math.max(...times))} ms for each run`,
    );
  }
  const seqs = repository.seqs(runIds[0] ?? '');
  console.log(`files in a run's second database: ${readdirSync(seqs).length}`);
} finally {
  await conversion.close();
  await source.close();
  rmSync(root, { recursive: true, force: true });
}
