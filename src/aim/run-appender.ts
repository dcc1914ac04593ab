import { existsSync, rmSync } from 'node:fs';
import type { ArtifactPlace, ArtifactRecord } from '../model.js';
import type { Key } from '../rocksdb/bytes.js';
import { type MergePlan, mergeFiles } from '../rocksdb/compaction.js';
import { DatabaseReader } from '../rocksdb/database.js';
import { DatabaseWriter } from '../rocksdb/database-writer.js';
import { RollingTable } from '../rocksdb/rolling-table.js';
import { encodePath, SENTINEL } from './encoding.js';
import { MetaRecords } from './meta-records.js';
import { LOG_RECORDS, ObjectRecords, type WrittenSequence } from './object-records.js';
import { ObjectsWriter } from './objects-writer.js';
import { ATTRS, objectsPath, pointsPath, runPath } from './paths.js';
import { PointsWriter } from './points-writer.js';
import { type Entry, writeDifferences } from './record-differences.js';
import type { OrderedPoints } from './repeated-steps.js';
import type { Databases } from './run-files.js';
import { MESSAGE_SOURCE, type RunEnd } from './run-writer.js';
import type { SequenceId } from './sequence.js';
import type { MetricSummary } from './summary.js';

/** Together with the new one, no more files than Aim's RocksDB collects at level 0. */
const MOST_FILES_BEFORE = 7;

/**
 * Runs that started together would all be merged in the same pass, which would then take ten times as long. Each run
 * therefore has a limit of its own.
 */
function mergePlanOf(hash: string): MergePlan {
  let number = 0;
  for (let i = 0; i < hash.length; i++) number = (31 * number + hash.charCodeAt(i)) >>> 0;
  return { limit: MOST_FILES_BEFORE - (number % 4), stagger: 1.5 + ((number >>> 2) % 16) / 8 };
}

/** An artifact of a run: already in Aim, or with the bytes to write. */
export type AppendedArtifact =
  | { readonly type: 'kept'; readonly place: ArtifactPlace }
  | Extract<ArtifactRecord, { type: 'artifact' }>;

/** The artifacts of a run in which one was added or replaced, or became a link. */
export interface ArtifactsAppend {
  /** All but the terminal log, in the order of `arrangePlaces`. Those that are kept keep their places. */
  readonly items: readonly AppendedArtifact[];
  /** All files that stay in MLflow. */
  readonly links: readonly Extract<ArtifactRecord, { type: 'link' }>[];
  /** The time, in seconds, of artifacts that have none of their own. */
  readonly time: number;
}

/** What is added to a run, and its state afterwards. */
export interface RunAppend {
  /** New points, in ascending order of their sequences. */
  readonly points: readonly { readonly sequence: SequenceId; readonly ordered: OrderedPoints }[];
  /** All metrics of the run. */
  readonly summaries: Iterable<{ readonly sequence: SequenceId; readonly summary: MetricSummary }>;
  /** Absent if they are unchanged. */
  readonly artifacts?: ArtifactsAppend;
  readonly end: RunEnd;
  /** Whether the messages may have changed. */
  readonly newMessages: boolean;
}

/**
 * Appends to a published run: one more table for each of its databases that changes, built in `staged` (whose directories
 * exist only if something changes) and published like a whole run. Returns the bytes written; undefined if appending would
 * not give the same result as building the run anew.
 */
export function appendToRun(
  hash: string,
  live: Databases<string>,
  staged: Databases<string>,
  addition: RunAppend,
): number | undefined {
  const abandon = () => {
    for (const directory of [staged.meta, staged.seqs]) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const messages = messagesOf(hash, addition.end);
    const { bytes, objects } = appendSequences(hash, live.seqs, staged.seqs, addition, messages);
    const meta = appendMeta(hash, live.meta, staged.meta, addition, [...messages.sequences, ...objects]);
    if (meta !== undefined) return bytes + meta;
    abandon();
    return undefined;
  } catch (error) {
    abandon();
    throw error;
  }
}

function messagesOf(hash: string, { messages, messageTime }: RunEnd): ObjectRecords {
  const records = new ObjectRecords(hash);
  for (const { message, args } of messages) records.message(message, args, MESSAGE_SOURCE, messageTime);
  return records;
}

/**
 * Replaces what is different in a run's first database; undefined if too much has changed for that. Records of artifacts are
 * left alone unless the artifacts have changed.
 */
function appendMeta(
  hash: string,
  live: string,
  staged: string,
  { summaries, artifacts, end }: RunAppend,
  objects: readonly WrittenSequence[],
): number | undefined {
  const now = new MetaRecords(hash);
  for (const { sequence, summary } of summaries) now.metric(sequence, summary);
  now.objectSequences(objects);
  for (const { path, uri } of artifacts?.links ?? []) now.artifact(path, uri);
  now.attributes(end.attributes);
  now.endTime(end.endTime);

  const run = runPath(hash);
  const owned = [ATTRS, run + encodePath('attrs')];
  if (artifacts !== undefined) owned.push(run + encodePath('artifacts'));
  const traces = run + encodePath('traces');
  const field = (key: Key, name: string) => key.startsWith(traces) && key.endsWith(SENTINEL + encodePath(name));
  let collision = false;
  const bytes = addTable(hash, live, staged, (table, old) =>
    writeDifferences(table, now.sorted(), old.records(), {
      // A metric loses both once its last point is replaced by a NaN and it has no other value.
      isOwned: (key) => owned.some((prefix) => key.startsWith(prefix)) || field(key, 'min') || field(key, 'max'),
      replaced: (key) => {
        // A sequence would have to hold two kinds of objects; only a whole conversion decides which comes last.
        if (field(key, 'dtype')) collision = true;
      },
    }),
  );
  return collision ? undefined : bytes;
}

function appendSequences(
  hash: string,
  live: string,
  staged: string,
  { points, artifacts, newMessages }: RunAppend,
  messages: ObjectRecords,
): { readonly bytes: number; readonly objects: readonly WrittenSequence[] } {
  if (points.length === 0 && artifacts === undefined && !newMessages) return { bytes: 0, objects: [] };
  const messagesPath = objectsPath(hash, LOG_RECORDS.contextId, LOG_RECORDS.name);
  let objects: readonly WrittenSequence[] = [];
  const bytes = addTable(hash, live, staged, (table, old, writer) => {
    const objectsWriter = new ObjectsWriter(writer, hash, table);
    for (const item of artifacts?.items ?? []) {
      if (item.type === 'kept') objectsWriter.keep(item.place);
      else objectsWriter.artifact(item, artifacts!.time);
    }
    objects = objectsWriter.describe(messagesPath, () => {
      if (!newMessages) return;
      const sorted = messages.sorted().map(({ key, value }): Entry => [key, value]);
      writeDifferences(table, sorted, old.records(messagesPath), { isOwned: () => true });
    });
    const metrics = new PointsWriter(writer, 0, table);
    for (const { sequence, ordered } of points) {
      metrics.write(pointsPath(hash, sequence.contextId, sequence.name), ordered);
    }
  });
  return { bytes, objects };
}

/** Adds a table with what `write` puts into it to a database, or none if that is nothing. Returns the bytes written. */
function addTable(
  hash: string,
  live: string,
  staged: string,
  write: (table: RollingTable, old: DatabaseReader, writer: DatabaseWriter) => void,
): number {
  const old = new DatabaseReader(live);
  const writer = DatabaseWriter.addTo(live, old.version, staged);
  try {
    const table = new RollingTable(writer, 0);
    write(table, old, writer);
    table.finish();
    if (writer.tables.length === 0) {
      rmSync(staged, { recursive: true, force: true });
      return 0;
    }
    mergeFiles(old, writer, mergePlanOf(hash));
    return writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    old.close();
  }
}

/** Whether {@link appendToRun} could have left anything in a staging directory. */
export function isStaged(staged: Databases<string>): boolean {
  return existsSync(staged.meta) || existsSync(staged.seqs);
}
