import { artifactFilter } from '../artifacts/glob.js';
import { comparePaths, linksTo } from '../artifacts/links.js';
import { type Placement, placeArtifacts } from '../artifacts/place.js';
import { Transfer, type TransferredArtifact } from '../artifacts/transfer.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactPlace, ArtifactRecord, Run, RunRef, StageContext } from '../model.js';
import type { ArtifactPolicy } from '../policies.js';

/** Where the artifacts of a run come from. */
export interface ArtifactSource extends Pick<TrackingStore, 'artifacts' | 'openArtifact'> {
  /** The bytes that Aim has of a file that cannot be read; undefined for none. */
  readonly kept?: (path: string) => Uint8Array | undefined;
}

export interface ArtifactHooks {
  /** Brings the places, which are sorted by path, into the order in which the artifacts are to be written. By default they stay. */
  readonly arrange?: (places: readonly ArtifactPlace[]) => readonly ArtifactPlace[];
  /** Called with all files that the policy selects, before any of them is read. */
  readonly onListed?: ((files: readonly ArtifactFile[]) => void) | undefined;
  /** Called with the place of each artifact that was read, before it is handed on. */
  readonly onRead?: ((place: ArtifactPlace) => void) | undefined;
}

/** A file of at most this many bytes is read while the one before it is being written. */
const READ_AHEAD = 4 * 1024 * 1024;

/**
 * The artifacts of a run, each with its place in Aim and its bytes, then the links to the files that stay in MLflow, sorted by
 * path (docs/mapping.md, "Artifacts").
 *
 * In memory are the list of files, the artifact that was yielded last, at most one small one read ahead, and some MiB of what texts
 * turned out to be or hold; nothing else is opened before it is asked for. A file that cannot be read, is too large or is no image becomes a notice and, unless Aim has its
 * bytes, a link. An early return closes what is open.
 *
 * @throws ConvertError `fatal` if a pattern of the policy is unusable
 */
export async function* classifyArtifacts(
  store: ArtifactSource,
  { ref, run }: { readonly ref: RunRef; readonly run: Run },
  policy: ArtifactPolicy,
  context: StageContext,
  { arrange = (places) => places, onListed, onRead }: ArtifactHooks = {},
): AsyncGenerator<ArtifactRecord, void, undefined> {
  if (!policy.enabled) return;
  const { files, places, unplaced } = await placeFiles(store, { ref, run }, policy, context);
  onListed?.(files);
  const open = (file: ArtifactFile) => store.openArtifact(ref, run, file, context.signal);
  const transfer = new Transfer(open, policy, context, store.kept);
  for (const file of unplaced) transfer.leave(file);
  for await (const record of readAll(arrange(places), transfer)) {
    onRead?.(record.place);
    yield record;
  }
  yield* linksTo(transfer.notTransferred);
}

/** The files of a run that the policy selects, sorted by path, and the place of each. Reads none of them. */
export async function placeFiles(
  store: Pick<TrackingStore, 'artifacts'>,
  { ref, run }: { readonly ref: RunRef; readonly run: Run },
  policy: ArtifactPolicy,
  context: StageContext,
): Promise<Placement & { readonly files: readonly ArtifactFile[] }> {
  const files = await listFiles(store.artifacts(ref, run, context), policy, context.signal);
  return { files, ...placeArtifacts(files, policy) };
}

/** The files that the policy selects, sorted by path. */
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

async function* readAll(places: readonly ArtifactPlace[], transfer: Transfer): AsyncGenerator<TransferredArtifact> {
  let ahead: ReturnType<Transfer['read']> | undefined;
  try {
    for (const [index, place] of places.entries()) {
      const records = await (ahead ?? transfer.read(place));
      ahead = undefined;
      if (records.length === 0) continue;
      const next = places[index + 1];
      if (next !== undefined && (next.file.size ?? Number.POSITIVE_INFINITY) <= READ_AHEAD) {
        ahead = transfer.read(next);
        // a failure is reported when the record is awaited, which may not happen any more
        ahead.catch(() => {});
      }
      yield* records;
    }
  } finally {
    transfer.stop();
    await ahead?.catch(() => {});
  }
}
