import type { DictValue, Value } from '../contents.js';
import type { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import type { RunReport } from './finding-report.js';
import { BLOBS, decodeKey, describeKey, describePath, encodeKey, type PathElement } from './keys.js';
import { RecordCopies } from './record-copies.js';
import { Tree } from './tree.js';

/** What Aim says of one sequence (`traces`), by the names of the records. */
export interface Trace {
  readonly contextId: bigint;
  readonly name: string;
  readonly values: ReadonlyMap<string, Value>;
}

/** An entry of a catalogue of sequences: under a kind in `typed_traces`, under a dtype in `traces_types`. */
export interface CatalogueEntry {
  readonly key: string;
  readonly contextId: bigint;
  readonly name: string;
}

/** A run's first database, read as a whole: Aim itself loads it so. */
export interface RunMeta {
  readonly attributes: DictValue;
  /** `end_time`, `artifacts` and whatever else there is, but for what has a member here. */
  readonly properties: ReadonlyMap<string, Value>;
  readonly contexts: ReadonlyMap<bigint, DictValue>;
  /** In order of storage. */
  readonly traces: readonly Trace[];
  readonly typedTraces: readonly CatalogueEntry[];
  readonly traceTypes: readonly CatalogueEntry[];
  /** The records of the run that the repository as a whole has a second time: attributes and contexts. */
  readonly copies: { readonly attributes: RecordCopies; readonly contexts: RecordCopies };
}

/** Records that are an entry of a catalogue have the int 1. */
const ONE = Buffer.from('020100000000000000', 'hex');

/** Parts of a summary in which objects lie that nobody reads: their bytes are not kept. */
const OBJECTS_OF_SUMMARIES: ReadonlySet<PathElement | undefined> = new Set(['first', 'last']);

/** Reads `meta/chunks/<hash>`. */
export function readRunMeta(database: Database, hash: string, byAim: boolean, report: RunReport): RunMeta {
  const reader = new MetaReader(hash, byAim, report);
  const cursor = database.cursor();
  for (cursor.seek(new Uint8Array(0)); cursor.valid; cursor.next()) reader.record(cursor);
  return reader.finish();
}

class MetaReader {
  private readonly attributes = new Tree();
  private readonly properties = new Map<string, Tree>();
  private readonly contexts = new Map<bigint, Tree>();
  private readonly traces: { contextId: bigint; name: string; values: Map<string, Tree> }[] = [];
  private readonly typedTraces: CatalogueEntry[] = [];
  private readonly traceTypes: CatalogueEntry[] = [];
  private readonly copies = { attributes: new RecordCopies(), contexts: new RecordCopies() };
  /** By key; what a summary's objects have is not kept. */
  private readonly blobs = new Map<string, Uint8Array | undefined>();
  private readonly runKey: Buffer;

  constructor(
    private readonly hash: string,
    private readonly byAim: boolean,
    private readonly report: RunReport,
  ) {
    this.runKey = encodeKey('meta', 'chunks', hash);
  }

  record(cursor: DatabaseCursor): void {
    if (cursor.startsWith(BLOBS)) {
      const [, part, hash, ofRun] = decodeKey(cursor.key, BLOBS.length, cursor.keyLength) ?? [];
      const isForeign = part === 'chunks' && hash !== this.hash;
      if (isForeign && this.byAim) return;
      const isKept = ofRun !== 'traces';
      this.blobs.set(latin1(cursor, BLOBS.length), isKept ? cursor.copyValue() : undefined);
    } else if (cursor.startsWith(this.runKey)) this.ofRun(cursor);
    else this.shared(cursor);
  }

  finish(): RunMeta {
    for (const key of this.blobs.keys()) {
      this.report.add('blob-extra', { record: describeKey(Buffer.from(key, 'latin1')) });
    }
    return {
      attributes: this.attributes.dict(this.onFault('attrs')),
      properties: this.values(this.properties, ''),
      contexts: new Map([...this.contexts].map(([id, tree]) => [id, tree.dict(this.onFault('contexts', id))])),
      traces: this.traces.map(({ contextId, name, values }) => ({
        contextId,
        name,
        values: this.values(values, `traces/${contextId}/${name}/`),
      })),
      typedTraces: this.typedTraces,
      traceTypes: this.traceTypes,
      copies: this.copies,
    };
  }

  /** Records below `/meta/chunks/<hash>`. */
  private ofRun(cursor: DatabaseCursor): void {
    const path = decodeKey(cursor.key, this.runKey.length, cursor.keyLength);
    const [part, ...rest] = path ?? [];
    if (typeof part !== 'string') {
      this.unknown(cursor);
      return;
    }
    const record = this.recordOrBlob(cursor, part === 'traces' && OBJECTS_OF_SUMMARIES.has(rest[2]));
    if (record === undefined) return;
    if (part === 'attrs') {
      this.attributes.add(rest, record);
      this.copies.attributes.own(latin1(cursor, this.runKey.length + 'attrs'.length + 1), record);
    } else if (part === 'contexts') this.context(cursor, rest, record);
    else if (part === 'traces') this.trace(cursor, rest, record);
    else if (part === 'typed_traces') this.catalogued(cursor, rest, this.typedTraces);
    else treeOf(this.properties, part).add(rest, record);
  }

  private context(cursor: DatabaseCursor, [id, ...rest]: readonly PathElement[], record: Uint8Array): void {
    if (typeof id !== 'bigint') {
      this.unknown(cursor);
      return;
    }
    treeOf(this.contexts, id).add(rest, record);
    this.copies.contexts.own(latin1(cursor, this.runKey.length + 'contexts'.length + 1), record);
  }

  private trace(cursor: DatabaseCursor, path: readonly PathElement[], record: Uint8Array): void {
    const [contextId, name, part, ...rest] = path;
    if (typeof contextId !== 'bigint' || typeof name !== 'string' || typeof part !== 'string') {
      this.unknown(cursor);
      return;
    }
    let trace = this.traces.at(-1);
    if (trace?.contextId !== contextId || trace.name !== name) {
      trace = { contextId, name, values: new Map() };
      this.traces.push(trace);
    }
    treeOf(trace.values, part).add(rest, record);
  }

  private catalogued(cursor: DatabaseCursor, path: readonly PathElement[], into: CatalogueEntry[]): void {
    const [key, contextId, name, ...rest] = path;
    const isEntry = typeof key === 'string' && typeof contextId === 'bigint' && typeof name === 'string';
    if (!isEntry || rest.length > 0) {
      this.unknown(cursor);
      return;
    }
    const record = cursor.value.subarray(cursor.valueStart, cursor.valueEnd);
    if (!ONE.equals(record)) {
      this.report.add('record-malformed', { record: describeKey(keyOf(cursor)), expected: '1' });
    }
    into.push({ key, contextId, name });
  }

  /** Records that all runs of the repository have in common. */
  private shared(cursor: DatabaseCursor): void {
    const [root, part, ...rest] = decodeKey(cursor.key, 0, cursor.keyLength) ?? [];
    if (root !== 'meta') this.unknown(cursor);
    else if (part === 'attrs') this.copies.attributes.shared(latin1(cursor, SHARED.attrs), this.recordOrBlob(cursor));
    else if (part === 'contexts')
      this.copies.contexts.shared(latin1(cursor, SHARED.contexts), this.recordOrBlob(cursor));
    else if (part === 'traces_types') this.catalogued(cursor, rest, this.traceTypes);
    // `aim runs cp` copies what the index has of all runs
    else if (!(part === 'chunks' && this.byAim)) this.unknown(cursor);
  }

  /** The record, or the bytes of the BLOB that it stands for; undefined of an object in a summary, which is passed over. */
  private recordOrBlob(cursor: DatabaseCursor, isUnread = false): Uint8Array | undefined {
    const record = cursor.value.subarray(cursor.valueStart, cursor.valueEnd);
    if (record.length > 0) return record;
    const key = latin1(cursor, 0);
    const has = this.blobs.has(key);
    const blob = this.blobs.get(key);
    this.blobs.delete(key);
    if (has && !isUnread) return blob ?? record;
    if (!has) this.report.add('blob-missing', { record: describeKey(keyOf(cursor)) });
    return isUnread ? undefined : record;
  }

  private values<Key extends string>(trees: ReadonlyMap<Key, Tree>, where: string): Map<string, Value> {
    return new Map([...trees].map(([name, tree]) => [name, tree.value(this.onFault(`${where}${name}`))]));
  }

  private onFault(...where: readonly PathElement[]) {
    return ({
      code,
      at,
      found,
    }: {
      code: 'record-malformed' | 'blob-missing';
      at: readonly PathElement[];
      found: string;
    }) => {
      if (code !== 'blob-missing') this.report.add(code, { record: describePath([...where, ...at]), found });
    };
  }

  private unknown(cursor: DatabaseCursor): void {
    this.report.add('record-unknown', { record: describeKey(keyOf(cursor)).replace(`meta/chunks/${this.hash}/`, '') });
  }
}

const SHARED = { attrs: encodeKey('meta', 'attrs').length, contexts: encodeKey('meta', 'contexts').length };

function treeOf<Key>(trees: Map<Key, Tree>, key: Key): Tree {
  let tree = trees.get(key);
  if (tree === undefined) {
    tree = new Tree();
    trees.set(key, tree);
  }
  return tree;
}

function keyOf({ key, keyLength }: DatabaseCursor): Uint8Array {
  return key.subarray(0, keyLength);
}

/** A key from `start` on, as a text of a character for each byte. */
function latin1({ key, keyLength }: DatabaseCursor, start: number): string {
  return Buffer.from(key.buffer, key.byteOffset + start, keyLength - start).toString('latin1');
}
