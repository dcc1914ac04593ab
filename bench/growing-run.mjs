// @ts-check
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Repository } from '../dist/aim/repository.js';
import { writeIndex } from '../dist/aim/run-index.js';
import { RunMetadata } from '../dist/aim/run-metadata.js';
import { StepOrders } from '../dist/aim/step-order.js';
import { FileStore } from '../dist/mlflow/file/file-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../dist/policies.js';
import { Publisher } from '../dist/publish/publisher.js';
import { convertRun } from '../dist/run/convert-run.js';
import { Ledger } from '../dist/state/ledger.js';

/*
 * What it costs to add to a growing run: each pass appends points to every metric of every run, then reads, builds and
 * publishes them, in one thread. Prints milliseconds for each run and pass: build (source to staging directory) and
 * publish (flush, move, ledger), beside the first conversion of the whole run.
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
const [metadata, ledger] = [new RunMetadata(repository.metadataFile), Ledger.open(repository.ledgerFile)];
const source = new FileStore(store);
const publisher = new Publisher({
  repository,
  metadata,
  ledger,
  source: source.uri,
  writeIndex: async (hashes, compact) => writeIndex(repository, hashes, compact),
  events: { onPublished: () => {}, onPassedOver: () => {}, onWarning: ({ message }) => console.error(message) },
});
const options = {
  includeDeleted: false,
  overwrite: false,
  mapping: DEFAULT_MAPPING,
  artifacts: DEFAULT_ARTIFACTS,
  now: Date.now(),
};
const environment = { store: source, repository, options, orders: new StepOrders(), progress: () => {} };
const { signal } = new AbortController();

async function pass() {
  const times = { build: 0, publish: 0, grown: 0 };
  for await (const experiment of source.experiments(signal)) {
    for await (const ref of source.runs(experiment, signal)) {
      const known = ledger.get(ref.runId);
      const job = { ref, experiment, hash: ref.runId, listed: known !== undefined, ...(known && { known }) };
      const began = performance.now();
      const { staged } = await convertRun(job, environment, signal);
      times.build += performance.now() - began;
      if (staged?.files?.appendsTo !== undefined) times.grown++;
      if (staged !== undefined) await publisher.add(staged);
    }
  }
  const began = performance.now();
  await publisher.flush();
  times.publish = performance.now() - began;
  return times;
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
    const { build, publish, grown } = await pass();
    if (grown !== size.runs) throw new Error(`Only ${grown} runs were added to.`);
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
  metadata.close();
  ledger.close();
  rmSync(root, { recursive: true, force: true });
}
