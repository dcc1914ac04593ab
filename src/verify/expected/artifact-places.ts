import { posix } from 'node:path';
import type { ArtifactFile, ArtifactKind } from '../../model.js';
import type { ImageSequences } from '../../policies.js';
import { isInt64 } from './values.js';

const EXTENSIONS: Readonly<Record<ArtifactKind, string>> = {
  image: 'jpg bmp jpeg png gif svg webp',
  text: 'txt log py js yaml yml json csv tsv md rst jsonnet',
  audio: 'flac mp3 wav',
  figure: 'html htm',
};
const KINDS: ReadonlyMap<string, ArtifactKind> = new Map(
  Object.entries(EXTENSIONS).flatMap(([kind, list]) =>
    list.split(' ').map((one) => [one, kind as ArtifactKind] as const),
  ),
);

/** Written by `log_image(key=…, step=…)`. */
const HISTORY =
  /^(images\/(.+)([+%])step\3(-?\d{1,400})\3timestamp\3(\d{1,400})\3[0-9a-f-]{36})(\3compressed)?\.(png|webp)$/;
/** Written by `log_table` for the pictures in it. */
const OF_TABLE = /^(table_images\/.+\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(png|webp)$/;

/** Where a file has to be in Aim, if its content is what its name promises. */
export interface ExpectedPlace {
  /** `table` is what is shown of a text besides. */
  readonly kind: ArtifactKind | 'table';
  readonly sequence: string;
  readonly step: bigint;
  /** Milliseconds; undefined for the start of the run. */
  readonly time: number | undefined;
  /** One of a directory's files, which are a list. */
  readonly isOfDirectory: boolean;
  readonly file: ArtifactFile;
}

export interface ExpectedPlaces {
  readonly places: readonly ExpectedPlace[];
  /** Files of no kind, which become links. */
  readonly others: readonly ArtifactFile[];
}

/** The places of these files, sorted by path; compressed twins have none. */
export function expectedPlaces(files: readonly ArtifactFile[], imageSequences: ImageSequences): ExpectedPlaces {
  const originals = new Set(files.flatMap(({ path }) => originalStem(path) ?? []));
  const places: ExpectedPlace[] = [];
  const others: ArtifactFile[] = [];
  for (const file of files) {
    const twin = twinStem(file.path);
    if (twin !== undefined && originals.has(twin)) continue;
    const place = ofHistory(file) ?? ofKind(file, imageSequences);
    if (place === undefined) others.push(file);
    else places.push(place);
  }
  return { places, others };
}

/** Lower case; empty for a name that has none, `.name` among them. */
export function extensionOf(path: string): string {
  return posix.extname(path).slice(1).toLowerCase();
}

function originalStem(path: string): string | undefined {
  const history = HISTORY.exec(path);
  if (history !== null && isKnownTime(history))
    return history[6] === undefined && history[7] === 'png' ? history[1] : undefined;
  const table = OF_TABLE.exec(path);
  return table?.[2] === 'png' ? table[1] : undefined;
}

function twinStem(path: string): string | undefined {
  const history = HISTORY.exec(path);
  if (history !== null && isKnownTime(history))
    return history[6] !== undefined && history[7] === 'webp' ? history[1] : undefined;
  const table = OF_TABLE.exec(path);
  return table?.[2] === 'webp' ? table[1] : undefined;
}

function isKnownTime(history: RegExpExecArray): boolean {
  return Number.isSafeInteger(Number(history[5]));
}

function ofHistory(file: ArtifactFile): ExpectedPlace | undefined {
  const found = HISTORY.exec(file.path);
  if (found === null || !isKnownTime(found)) return undefined;
  const step = BigInt(found[4]!);
  if (step < 0n || !isInt64(step)) return undefined;
  const sequence = found[2]!.replaceAll(found[3] === '+' ? '~' : '#', '/');
  return { kind: 'image', sequence, step, time: Number(found[5]), isOfDirectory: false, file };
}

function ofKind(file: ArtifactFile, imageSequences: ImageSequences): ExpectedPlace | undefined {
  const kind = KINDS.get(extensionOf(file.path));
  if (kind === undefined) return undefined;
  const directory = posix.dirname(file.path);
  const isOfDirectory = (kind === 'image' || kind === 'audio') && imageSequences === 'directory' && directory !== '.';
  const sequence = isOfDirectory ? directory : file.path;
  return { kind, sequence, step: 0n, time: undefined, isOfDirectory, file };
}
