import { artifactFilter, globMatcher } from '../artifacts/glob.js';
import { comparePaths, linksTo } from '../artifacts/links.js';
import { placeArtifacts } from '../artifacts/place.js';
import { Transfer } from '../artifacts/transfer.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactPlace, ArtifactRecord, Run, RunRef, StageContext } from '../model.js';
import type { ArtifactPolicy } from '../policies.js';

/** Where the artifacts of a run come from. */
export interface ArtifactSource extends Pick<TrackingStore, 'artifacts' | 'openArtifact'> {
  /** The bytes that Aim has of a file that cannot be read; undefined for none. */
  readonly kept?: (path: string) => Uint8Array | undefined;
}

/** A file of at most so many bytes is read while the one before it is being written. */
const READ_AHEAD = 4 * 1024 * 1024;

/**
 * The artifacts of a run, each with its place in Aim and its bytes, then the links to the files that stay in MLflow,
 * sorted by path (docs/mapping.md, "Artifacts").
 *
 * What is in memory: the list of files, the artifact that was handed out last, and at most one small one that was read
 * ahead. Nothing else is opened before it is asked for. A file that cannot be read, is too large or is no image becomes
 * a notice and, unless its bytes are known from earlier, a link. An aborted signal rejects with its reason between two chunks; an early return gives back what is
 * open.
 *
 * @param arrange brings the places, which come sorted by path, into the order in which the artifacts are to come.
 * @param listed hears of all files that the user wants, before any of them is read.
 * @throws ConvertError `fatal` when a pattern of the policy is unusable.
 */
export async function* classifyArtifacts(
  store: ArtifactSource,
  ref: RunRef,
  run: Run,
  policy: ArtifactPolicy,
  arrange: (places: readonly ArtifactPlace[]) => readonly ArtifactPlace[],
  context: StageContext,
  listed?: (files: readonly ArtifactFile[]) => void,
): AsyncGenerator<ArtifactRecord, void, undefined> {
  if (!policy.enabled) return;
  const isTerminalLog = policy.terminalLog === undefined ? undefined : globMatcher(policy.terminalLog);
  const files = await listFiles(store.artifacts(ref, run, context), policy, context.signal);
  listed?.(files);
  const { places, unplaced } = placeArtifacts(files, isTerminalLog);
  const open = (file: ArtifactFile) => store.openArtifact(ref, run, file, context.signal);
  const transfer = new Transfer(open, policy, context, store.kept);
  for (const file of unplaced) transfer.leave(file);
  yield* readAll(arrange(places), transfer);
  yield* linksTo(transfer.notTransferred);
}

/** The files that the user wants, sorted by path. */
export async function listFiles(
  listing: AsyncIterable<ArtifactFile>,
  policy: ArtifactPolicy,
  signal: AbortSignal,
): Promise<ArtifactFile[]> {
  const isWanted = artifactFilter(policy.rules);
  const files: ArtifactFile[] = [];
  for await (const file of listing) {
    signal.throwIfAborted();
    if (isWanted(file.path)) files.push(file);
  }
  return files.sort((a, b) => comparePaths(a.path, b.path));
}

async function* readAll(places: readonly ArtifactPlace[], transfer: Transfer): AsyncGenerator<ArtifactRecord> {
  let ahead: ReturnType<Transfer['read']> | undefined;
  try {
    for (const [index, place] of places.entries()) {
      const record = await (ahead ?? transfer.read(place));
      ahead = undefined;
      if (record === undefined) continue;
      const next = places[index + 1];
      if (next !== undefined && (next.file.size ?? Number.POSITIVE_INFINITY) <= READ_AHEAD) {
        ahead = transfer.read(next);
        // Its failure is told when it is asked for; nobody may ask any more.
        ahead.catch(() => {});
      }
      yield record;
    }
  } finally {
    transfer.stop();
    await ahead?.catch(() => {});
  }
}
