import { join } from 'node:path';
import { KeptRun } from '../../src/aim/kept-run.js';
import { Repository } from '../../src/aim/repository.js';
import type { AimValue } from '../../src/aim/value.js';
import { metricKey } from '../../src/mapping/metric-target.js';
import { readMetadata } from './repository-state.js';

/** What Aim holds of a run that came from MLflow: attributes, metrics, files, links and its row, each under a name of its own. */
export function heldOf(directory: string, hash: string): Map<string, string> {
  const repository = Repository.at(join(directory, '.aim'));
  const run = KeptRun.open(repository, hash);
  if (run === undefined) throw new Error(`There is no run ${hash}.`);
  try {
    const held = new Map<string, string>();
    addAttributes(held, 'attribute', run.attributes);
    for (const sequence of run.metrics) {
      const name = `metric ${metricKey(sequence)} ${[...sequence.context].join()}`;
      for (const [what, records] of [
        ['points', run.pointsOf(sequence)],
        ['description', run.descriptionOf(sequence)],
      ] as const) {
        held.set(`${name} ${what}`, [...records].map(({ key, value }) => key + value.toString('latin1')).join());
      }
    }
    for (const path of run.files.keys()) held.set(`file ${path}`, run.bytes(path)!.toString('latin1'));
    for (const { path, uri } of run.links) held.set(`link ${path}`, uri);
    const { rows, notes } = readMetadata(repository.metadataFile);
    for (const row of [...rows, ...notes])
      if (row.hash === hash) held.set(`row ${Object.keys(row)}`, JSON.stringify(row));
    return held;
  } finally {
    run.close();
  }
}

function addAttributes(held: Map<string, string>, path: string, value: AimValue): void {
  if (value instanceof Map) for (const [key, item] of value) addAttributes(held, `${path} ${String(key)}`, item);
  else
    held.set(
      path,
      JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : mapText(item))),
    );
}

function mapText(value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
