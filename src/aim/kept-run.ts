import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Key } from '../rocksdb/bytes.js';
import { DatabaseReader, type DatabaseRecord, hasUnflushedLog } from '../rocksdb/database.js';
import { BLOB_PREFIX, encodePath, TYPE, TYPE_SIZE } from './encoding.js';
import { OBJECT_ROLES } from './objects-writer.js';
import { contextPath, objectsPath, pointsPath, runPath, tracePath } from './paths.js';
import type { Repository } from './repository.js';
import { type SequenceId, sequenceId } from './sequence.js';
import { readTree } from './tree-reader.js';
import { type AimDict, AimObject, type AimValue } from './value.js';

/** What Aim has of a file: its bytes, or the figures that were in it. */
export type KeptBytes = Buffer | { readonly figures: readonly Buffer[] };

/** A file that stayed in MLflow, as Aim lists it. */
export interface KeptLink {
  readonly path: string;
  readonly uri: string;
}

/**
 * A run read back from the repository. Throws an Error for whatever cannot be read: a missing or damaged file, an unknown
 * kind of table, or writes of Aim's that are only in a WAL.
 */
export class KeptRun {
  /** What Aim calls the params of the run. */
  readonly attributes: AimDict;
  /** The metrics, in storage order. */
  readonly metrics: readonly SequenceId[];
  readonly links: readonly KeptLink[];
  private readonly meta: DatabaseReader;
  private readonly objects: readonly SequenceId[];
  private openedPoints: DatabaseReader | undefined;
  private foundFiles: ReadonlyMap<string, Key> | undefined;
  /** The files that are figures. */
  private readonly figures = new Set<string>();

  private constructor(
    private readonly repository: Repository,
    private readonly hash: string,
  ) {
    this.meta = openWhole(repository.meta(hash));
    try {
      this.attributes = this.dict('attrs');
      const sequences = this.sequences();
      this.metrics = sequences.filter(({ dtype }) => dtype === 'float').map(({ id }) => id);
      this.objects = sequences.filter(({ id }) => isOfArtifacts(id)).map(({ id }) => id);
      this.links = [...this.dict('artifacts').values()].flatMap(linkOf);
    } catch (error) {
      this.meta.close();
      throw error;
    }
  }

  /** Undefined if the repository has no data of this run. */
  static open(repository: Repository, hash: string): KeptRun | undefined {
    return existsSync(join(repository.meta(hash), 'CURRENT')) ? new KeptRun(repository, hash) : undefined;
  }

  /** Whether the run has anything of this artifact. */
  get hasArtifacts(): boolean {
    return this.objects.length > 0 || this.links.length > 0;
  }

  /** The paths of the files that Aim holds, and where they are stored. */
  get files(): ReadonlyMap<string, Key> {
    this.foundFiles ??= this.findFiles();
    return this.foundFiles;
  }

  /** The bytes of a file; undefined if Aim does not hold it. Those of figures are their texts, not the file's. */
  bytes(path: string): KeptBytes | undefined {
    const object = this.files.get(path);
    if (object === undefined) return undefined;
    const isFigure = this.figures.has(path);
    const key = BLOB_PREFIX + object + (isFigure ? '' : encodePath('data'));
    const blobs = [...this.points.records(key)].map(({ value }) => value.subarray(TYPE_SIZE));
    if (blobs.length === 0) throw new Error(`The bytes of artifact ${path} are gone.`);
    return isFigure ? { figures: blobs } : blobs[0]!;
  }

  /** The records of a metric in the run's second database, in order of key. */
  pointsOf({ contextId, name }: SequenceId): Iterable<DatabaseRecord> {
    return this.points.records(pointsPath(this.hash, contextId, name));
  }

  /** The records of the run's first database that describe a metric. */
  *descriptionOf({ contextId, name }: SequenceId): Generator<DatabaseRecord> {
    const run = runPath(this.hash);
    yield* this.meta.records(run + contextPath(contextId));
    yield* this.meta.records(run + encodePath('typed_traces', 'metric', contextId, name));
    yield* this.meta.records(run + tracePath(contextId, name));
    yield* this.meta.records(encodePath('meta') + contextPath(contextId));
    yield* this.meta.records(encodePath('meta', 'traces_types', 'float', contextId, name));
  }

  close(): void {
    this.meta.close();
    this.openedPoints?.close();
  }

  private get points(): DatabaseReader {
    this.openedPoints ??= openWhole(this.repository.seqs(this.hash));
    return this.openedPoints;
  }

  private dict(name: string): AimDict {
    const path = runPath(this.hash) + encodePath(name);
    const tree = readTree(path, this.meta.records(path));
    if (!isDict(tree)) throw new Error(`The ${name} of the run are none.`);
    return tree;
  }

  private sequences(): { readonly id: SequenceId; readonly dtype: AimValue | undefined }[] {
    const contexts = this.dict('contexts');
    return [...this.dict('traces')].flatMap(([contextId, traces]) => {
      const context = contexts.get(contextId) ?? new Map();
      if (typeof contextId !== 'bigint' || !isDict(traces) || !isDict(context)) return [];
      return [...traces].flatMap(([name, trace]) => {
        if (typeof name !== 'string' || !isDict(trace)) return [];
        const id = { name, context, contextId, key: encodePath(contextId, name) };
        return [{ id, dtype: trace.get('dtype') }];
      });
    });
  }

  /** A text or figure is named by its path; for images and audio, the caption is the path. */
  private findFiles(): ReadonlyMap<string, Key> {
    const files = new Map<string, Key>();
    const caption = encodePath('caption');
    for (const { contextId, name } of this.objects) {
      const values = objectsPath(this.hash, contextId, name) + encodePath('val');
      if (contextId === FIGURE_CONTEXT) {
        files.set(name, values);
        this.figures.add(name);
        continue;
      }
      if (contextId === TEXT_CONTEXT) {
        files.set(name, values + encodePath(0n));
        continue;
      }
      for (const { key, value } of this.points.records(values)) {
        if (!key.endsWith(caption) || value[0] !== TYPE.string) continue;
        files.set(value.toString('utf8', TYPE_SIZE), key.slice(0, -caption.length));
      }
    }
    return files;
  }
}

const contextIdOf = (role: 'image' | 'audio' | 'text' | 'figure') =>
  sequenceId('', OBJECT_ROLES[role].context).contextId;
const TEXT_CONTEXT = contextIdOf('text');
const FIGURE_CONTEXT = contextIdOf('figure');
const ARTIFACT_CONTEXTS: ReadonlySet<bigint> = new Set([
  contextIdOf('image'),
  contextIdOf('audio'),
  TEXT_CONTEXT,
  FIGURE_CONTEXT,
]);

function isOfArtifacts({ contextId }: SequenceId): boolean {
  return ARTIFACT_CONTEXTS.has(contextId);
}

function openWhole(directory: string): DatabaseReader {
  if (hasUnflushedLog(directory)) throw new Error('Aim has written what only its log holds so far.');
  return new DatabaseReader(directory);
}

function linkOf(artifact: AimValue): KeptLink[] {
  if (!(artifact instanceof AimObject)) return [];
  const [path, uri] = [artifact.fields.get('path'), artifact.fields.get('uri')];
  return typeof path === 'string' && typeof uri === 'string' ? [{ path, uri }] : [];
}

function isDict(value: AimValue | undefined): value is AimDict {
  return value instanceof Map;
}
