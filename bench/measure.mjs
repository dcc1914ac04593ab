// @ts-check
import { rm } from 'node:fs/promises';
import { convertForMemory, convertWithPeer, convertWithUs, readOnly, writeOnly } from './contenders.mjs';
import { makeStore } from './make-store.mjs';
import { say } from './progress.mjs';
import { describe, fractionOf, GROWTH, MEMORY, SOURCE_SHAPES } from './shapes.mjs';
import { loadFromServer, readWithClient, SOURCES } from './sources.mjs';

/**
 * @typedef {import('./make-store.mjs').StoreShape} StoreShape
 * @typedef {import('./shapes.mjs').Comparison} Comparison
 *
 * @typedef {object} Conditions of one run of the benchmark
 * @property {import('./workspace.mjs').Workspace} workspace
 * @property {AbortSignal} signal
 * @property {number} repetitions of each measurement
 * @property {boolean} quick stores ten times smaller
 * @property {boolean} full the peer gets the whole store, once, instead of a tenth of it as often as we
 * @property {string} python that has aim and mlflow
 *
 * @typedef {object} Compared the seconds of each repetition
 * @property {Comparison} comparison
 * @property {StoreShape} shape
 * @property {StoreShape} peerShape
 * @property {number[]} ours
 * @property {number[]} peer
 * @property {number[]} read
 * @property {number[]} write
 * @property {{ files: number, bytes: number }} written what the repository consists of
 * @property {Record<string, string>} versions of the peer and what it runs on
 *
 * @typedef {object} Timed
 * @property {StoreShape} shape
 * @property {number[]} seconds of each repetition
 *
 * @typedef {object} Sourced
 * @property {import('./sources.mjs').SourceKind} kind
 * @property {StoreShape} shape
 * @property {number[]} ours the seconds of each repetition, from a cold start to a finished repository
 * @property {number[]} client the seconds that MLflow's client takes to read it, once
 * @property {number[]} server the seconds that a server takes to give all histories; empty for a database
 *
 * @typedef {Timed & { peaks: number[] }} Weighed with the most memory of each repetition, in bytes
 */

/**
 * This tool, the peer and the floor on the same store, in turns.
 *
 * @param {Comparison} comparison
 * @param {Conditions} conditions
 * @returns {Promise<Compared>}
 */
export async function compare(comparison, conditions) {
  const { workspace, signal, repetitions, quick, full, python } = conditions;
  const shape = quick ? fractionOf(comparison.store) : comparison.store;
  const peerShape = full ? shape : fractionOf(shape);
  const store = await prepare('store', shape, conditions);
  const peerStore = full ? store : await prepare('peer-store', peerShape, conditions);
  /** @type {Compared} */
  const result = {
    ...{ comparison, shape, peerShape, ours: [], peer: [], read: [], write: [] },
    ...{ written: { files: 0, bytes: 0 }, versions: {} },
  };
  for (let turn = 1; turn <= repetitions; turn++) {
    const tell = (/** @type {string} */ who) => say(`${describe(shape)}: ${who}, ${turn} of ${repetitions}`);

    tell('mlflow2aim');
    const repo = await workspace.fresh('repo');
    result.ours.push((await convertWithUs(store, shape, repo, signal)).seconds);
    if (!full || turn === 1) {
      tell(`aim convert mlflow on ${describe(peerShape)}`);
      const peer = await convertWithPeer(python, peerStore, peerShape, await workspace.fresh('peer-repo'), signal);
      result.peer.push(peer.seconds);
      result.versions = peer.versions;
    }
    tell('reading alone');
    result.read.push((await readOnly(store, signal)).seconds);
    tell('writing alone');
    const { seconds, ...written } = await writeOnly(repo, await workspace.fresh('copy'), signal);
    result.write.push(seconds);
    result.written = written;
  }
  return result;
}

/**
 * The most memory of one conversion, for each of the large stores.
 *
 * @param {Conditions} conditions
 * @returns {Promise<Weighed[]>}
 */
export async function measureMemory(conditions) {
  const { workspace, signal, repetitions, quick } = conditions;
  const results = [];
  for (const large of MEMORY.stores) {
    const shape = quick ? fractionOf(large) : large;
    const store = await prepare('store', shape, conditions);
    const seconds = [];
    const peaks = [];
    for (let turn = 1; turn <= repetitions; turn++) {
      say(`Memory for ${describe(shape)}, ${turn} of ${repetitions}`);
      const repo = await workspace.fresh('repo');
      const measured = await convertForMemory(store, shape, repo, signal);
      seconds.push(measured.seconds);
      peaks.push(measured.peak);
      if (shape.runs === 1) await rm(repo, { recursive: true }); // large, and of few files
    }
    results.push({ shape, seconds, peaks });
  }
  return results;
}

/**
 * The same kind of store, small and ten times larger, in turns.
 *
 * @param {Conditions} conditions
 * @returns {Promise<Timed[]>}
 */
export async function measureGrowth(conditions) {
  const { workspace, signal, repetitions, quick } = conditions;
  const results = [];
  for (const whole of [GROWTH.small, GROWTH.large]) {
    const shape = quick ? fractionOf(whole) : whole;
    const store = await prepare('store', shape, conditions);
    results.push({ shape, store, seconds: /** @type {number[]} */ ([]) });
  }
  for (let turn = 1; turn <= repetitions; turn++) {
    for (const { shape, store, seconds } of results) {
      say(`Growth, ${describe(shape)}, ${turn} of ${repetitions}`);
      seconds.push((await convertWithUs(store, shape, await workspace.fresh('repo'), signal)).seconds);
    }
  }
  return results;
}

/**
 * This tool converting, MLflow's client merely reading, and for a server the bare loading, from every kind of source.
 *
 * @param {Conditions} conditions
 * @returns {Promise<Sourced[]>}
 */
export async function measureSources(conditions) {
  const results = [];
  for (const shape of SOURCE_SHAPES.map((large) => (conditions.quick ? fractionOf(large) : large))) {
    for (const kind of SOURCES) results.push(await measureSource(kind, shape, conditions));
  }
  return results;
}

/**
 * @param {import('./sources.mjs').SourceKind} kind
 * @param {StoreShape} shape
 * @param {Conditions} conditions
 * @returns {Promise<Sourced>}
 */
async function measureSource(kind, shape, conditions) {
  const { workspace, signal, repetitions, python } = conditions;
  const tell = (/** @type {string} */ what) => say(`${kind.name}, ${describe(shape)}: ${what}`);
  tell('filling it');
  const { uri, dispose } = await kind.fill(shape, conditions);
  /** @type {Sourced} */
  const result = { kind, shape, ours: [], client: [], server: [] };
  try {
    for (let turn = 1; turn <= repetitions; turn++) {
      tell(`mlflow2aim, ${turn} of ${repetitions}`);
      result.ours.push((await convertWithUs(uri, shape, await workspace.fresh('repo'), signal)).seconds);
      if (uri.startsWith('http:')) result.server.push((await loadFromServer(uri, signal)).seconds);
    }
    tell("MLflow's client");
    result.client.push((await readWithClient(python, uri, signal)).seconds);
  } finally {
    await dispose();
  }
  return result;
}

/**
 * Makes a store of this shape and returns where it lies.
 *
 * @param {string} name
 * @param {StoreShape} shape
 * @param {Conditions} conditions
 */
async function prepare(name, shape, { workspace, signal }) {
  say(`Making a store of ${describe(shape)}`);
  const store = await workspace.fresh(name);
  await makeStore(store, shape, signal);
  return store;
}
