import type { SequenceId } from '../contents.js';
import type { RunReport } from './finding-report.js';
import { hashOf } from './hash.js';
import { describeKey, describePath } from './keys.js';
import { kindOf } from './layout.js';
import type { RecordCopies } from './record-copies.js';
import type { CatalogueEntry, RunMeta } from './run-meta.js';
import { showRecord, showValue } from './show.js';

/**
 * Checks that the records of a run's first database fit each other: ids of contexts are their hashes, each sequence is in
 * the catalogues, and what the repository has a second time is the same.
 *
 * @param byAim Aim's SDK leaves behind what it does not need any more: entries of a type that a sequence had before, say
 */
export function checkRunMeta(meta: RunMeta, byAim: boolean, report: RunReport): void {
  if (!meta.properties.has('end_time')) report.add('record-missing', { record: 'end_time' });
  checkContexts(meta, byAim, report);
  checkCatalogues(meta, byAim, report);
  checkCopies(meta.copies.attributes, 'meta/attrs/', byAim, report);
  checkCopies(meta.copies.contexts, 'meta/contexts/', byAim, report);
}

function checkContexts({ contexts, traces }: RunMeta, byAim: boolean, report: RunReport): void {
  for (const [id, context] of contexts) {
    const hash = hashOf(context);
    if (hash === id) continue;
    report.add('context-hash', { record: `contexts/${id}`, expected: String(hash), found: showValue(context) });
  }
  const used = new Set(traces.map(({ contextId }) => contextId));
  for (const id of used) if (!contexts.has(id)) report.add('context-missing', { record: `contexts/${id}` });
  if (byAim) return;
  for (const [id, context] of contexts) {
    if (!used.has(id)) report.add('catalogue-extra', { record: `contexts/${id}`, found: showValue(context) });
  }
}

function checkCatalogues(meta: RunMeta, byAim: boolean, report: RunReport): void {
  const typed = new Set(meta.typedTraces.map(nameOf));
  const types = new Set(meta.traceTypes.map(nameOf));
  const wantedTyped = new Set<string>();
  const wantedTypes = new Set<string>();
  for (const { contextId, name, values } of meta.traces) {
    const dtype = values.get('dtype');
    if (dtype?.type !== 'string') continue;
    wantedTyped.add(nameOf({ key: kindOf(dtype.value), contextId, name }));
    wantedTypes.add(nameOf({ key: dtype.value, contextId, name }));
  }
  compareCatalogue('typed_traces/', typed, wantedTyped, { byAim, report });
  compareCatalogue('meta/traces_types/', types, wantedTypes, { byAim, report });
}

function compareCatalogue(
  where: string,
  found: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
  { byAim, report }: { byAim: boolean; report: RunReport },
): void {
  for (const name of wanted) if (!found.has(name)) report.add('catalogue-missing', { record: where + name });
  if (byAim) return;
  for (const name of found) if (!wanted.has(name)) report.add('catalogue-extra', { record: where + name });
}

function nameOf({ key, contextId, name }: CatalogueEntry): string {
  return describePath([key, contextId, name]);
}

function checkCopies(copies: RecordCopies, where: string, byAim: boolean, report: RunReport): void {
  for (const { key, own, shared } of copies.differences()) {
    const record = where + describeKey(Buffer.from(key, 'latin1'));
    if (own === undefined) {
      if (!byAim) report.add('catalogue-extra', { record, found: showRecord(shared!) });
    } else if (shared === undefined) report.add('catalogue-missing', { record, expected: showRecord(own) });
    else if (!byAim) report.add('catalogue-differs', { record, expected: showRecord(own), found: showRecord(shared) });
  }
}

/** Reports a record of a sequence's summary that has to be there. */
export function requireRecords(
  id: SequenceId,
  values: ReadonlyMap<string, unknown>,
  report: RunReport,
  names: readonly string[],
): void {
  for (const name of names) if (!values.has(name)) report.add('record-missing', { record: `traces/…/${name}` }, id);
}
