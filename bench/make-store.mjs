// @ts-check
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { encodePng } from './png.mjs';
import { Random } from './random.mjs';

/**
 * What a store holds; everything is for each of its runs.
 *
 * @typedef {object} StoreShape
 * @property {number} runs
 * @property {number} metrics
 * @property {number} points of each metric
 * @property {number} [images] of about 100 KB
 * @property {number} [texts] of about 2 KB
 */

const SEED = 20_260_101;
const EXPERIMENT_ID = '415238964142325618';
const FIRST_START = 1_700_000_000_000;
const STEP_MS = 250;
/** Between two groups of lines the event loop gets its turn, so that Ctrl-C is heard. */
const LINES_AT_ONCE = 20_000;
/** 182 × 183 pixels of three bytes: 99,918. */
const IMAGE = { width: 182, height: 183 };
const IMAGE_BYTES = IMAGE.width * IMAGE.height * 3;
const SENTENCE = 'epoch 3: loss fell from 0.4172 to 0.3921, learning rate 0.001, 812 samples a second\n';

/**
 * Writes a file store as MLflow 3.17 lays it out: an experiment of finished runs, each with some params and tags. The same
 * shape always gives the same store, paths aside.
 *
 * @param {string} root a directory that does not exist yet
 * @param {StoreShape} shape
 * @param {AbortSignal} signal
 */
export async function makeStore(root, shape, signal) {
  const random = new Random(SEED);
  const noise = random.bytes(4 * IMAGE_BYTES);
  writeExperiment(root, '0', 'Default');
  writeExperiment(root, EXPERIMENT_ID, 'bench');
  for (let index = 0; index < shape.runs; index++) {
    const id = random.hex(32);
    const directory = join(root, EXPERIMENT_ID, id);
    for (const folder of ['metrics', 'params', 'tags', 'artifacts'])
      mkdirSync(join(directory, folder), { recursive: true });
    const start = FIRST_START + index * 60_000;
    writeHeader(directory, id, index, start, shape, random);
    for (let metric = 0; metric < shape.metrics; metric++) {
      await writeMetric(join(directory, 'metrics', `metric_${metric}`), start, shape.points, random, signal);
    }
    writeArtifacts(join(directory, 'artifacts'), shape, noise, random);
    await setImmediate(undefined, { signal });
  }
}

/**
 * @param {string} root
 * @param {string} id
 * @param {string} name
 */
function writeExperiment(root, id, name) {
  const directory = join(root, id);
  mkdirSync(directory, { recursive: true });
  writeYaml(directory, {
    artifact_location: directory,
    creation_time: FIRST_START,
    experiment_id: `'${id}'`,
    last_update_time: FIRST_START,
    lifecycle_stage: 'active',
    name,
  });
}

/**
 * @param {string} directory
 * @param {string} id
 * @param {number} index
 * @param {number} start
 * @param {StoreShape} shape
 * @param {Random} random
 */
function writeHeader(directory, id, index, start, shape, random) {
  const name = `run-${String(index).padStart(5, '0')}`;
  writeYaml(directory, {
    artifact_uri: join(directory, 'artifacts'),
    end_time: start + shape.points * STEP_MS,
    entry_point_name: "''",
    experiment_id: `'${EXPERIMENT_ID}'`,
    lifecycle_stage: 'active',
    run_id: id,
    run_name: name,
    source_name: "''",
    source_type: 4,
    source_version: "''",
    start_time: start,
    status: 3,
    tags: '[]',
    user_id: 'bench',
  });
  const params = { lr: random.fraction() / 100, batch_size: 2 ** (4 + (index % 5)), optimizer: 'adam' };
  writeKeys(join(directory, 'params'), { ...params, epochs: 100, dropout: '0.1' });
  writeKeys(join(directory, 'tags'), {
    'mlflow.runName': name,
    'mlflow.source.git.commit': random.hex(40),
    'mlflow.source.name': '/home/bench/train.py',
    'mlflow.source.type': 'LOCAL',
    'mlflow.user': 'bench',
    stage: 'test',
  });
}

/**
 * Lines as MLflow writes them: `timestamp value step`; the values are those of a noisy falling loss.
 *
 * @param {string} file
 * @param {number} start
 * @param {number} points
 * @param {Random} random
 * @param {AbortSignal} signal
 */
async function writeMetric(file, start, points, random, signal) {
  const fd = openSync(file, 'w');
  try {
    for (let step = 0; step < points; ) {
      const end = Math.min(points, step + LINES_AT_ONCE);
      let lines = '';
      for (; step < end; step++) {
        const value = Math.exp((-3 * step) / points) + random.fraction() / 20;
        lines += `${start + step * STEP_MS} ${value} ${step}\n`;
      }
      writeSync(fd, lines);
      if (step < points) await setImmediate(undefined, { signal });
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * @param {string} directory
 * @param {StoreShape} shape
 * @param {Buffer} noise
 * @param {Random} random
 */
function writeArtifacts(directory, { images = 0, texts = 0 }, noise, random) {
  if (images > 0) mkdirSync(join(directory, 'images'));
  for (let index = 0; index < images; index++) {
    const from = random.uint32() % (noise.length - IMAGE_BYTES);
    const pixels = noise.subarray(from, from + IMAGE_BYTES);
    writeFileSync(join(directory, 'images', `sample_${index}.png`), encodePng(pixels, IMAGE.width, IMAGE.height));
  }
  if (texts > 0) mkdirSync(join(directory, 'texts'));
  for (let index = 0; index < texts; index++) {
    writeFileSync(join(directory, 'texts', `log_${index}.txt`), `${random.hex(32)}\n${SENTENCE.repeat(24)}`);
  }
}

/**
 * @param {string} directory
 * @param {Record<string, string | number>} fields
 */
function writeYaml(directory, fields) {
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(directory, 'meta.yaml'), lines.join(''));
}

/**
 * @param {string} directory
 * @param {Record<string, string | number>} values
 */
function writeKeys(directory, values) {
  for (const [key, value] of Object.entries(values)) writeFileSync(join(directory, key), String(value));
}
