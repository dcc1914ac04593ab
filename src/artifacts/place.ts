import { posix } from 'node:path';
import type { ArtifactFile, ArtifactPlace } from '../model.js';
import type { ArtifactPolicy, ImageSequences } from '../policies.js';
import { compressedTwins } from './compressed-twins.js';
import { globMatcher } from './glob.js';
import { type HistoryImage, parseHistoryImage } from './image-history.js';
import { artifactKind, mayHold } from './kind.js';

/** Where the files of a run belong. */
export interface Placement {
  readonly places: ArtifactPlace[];
  /** Files of no kind. */
  readonly unplaced: readonly ArtifactFile[];
}

const MAX_STEP = 2n ** 63n - 1n;

/**
 * Finds the place of every file (docs/mapping.md, "Artifacts"). The compressed twin of an image of a history or
 * a table has none. A text that may turn out to be a figure, or to hold a table, has tentative places for these behind its own.
 * An image of a history whose step is negative or beyond int64 is placed like any other image, because Aim's sequences
 * of objects begin at step 0. Images that share a key and a step share a record.
 *
 * @param files sorted by path; the places come in the same order, that of the terminal log last.
 * @throws ConvertError `fatal` when the pattern of the terminal log is unusable.
 */
export function placeArtifacts(
  files: readonly ArtifactFile[],
  { terminalLog, imageSequences }: Pick<ArtifactPolicy, 'terminalLog' | 'imageSequences'>,
): Placement {
  const isTerminalLog = terminalLog === undefined ? () => false : globMatcher(terminalLog);
  const places: ArtifactPlace[] = [];
  const unplaced: ArtifactFile[] = [];
  const twins = compressedTwins(files);
  const history = new History(files, twins);
  let log: ArtifactFile | undefined;
  for (const file of files) {
    if (twins.has(file)) continue;
    const place = history.placeOf(file) ?? placeByKind(file, imageSequences);
    const more = place?.role === 'text' ? placesByContent(file) : [];
    if (place === undefined) unplaced.push(file);
    else places.push(place, ...more);
    if (log === undefined && place?.role === 'text' && isTerminalLog(file.path)) log = file;
  }
  if (log !== undefined) places.push({ role: 'log', sequence: 'logs', step: 0n, grouped: false, file: log });
  return { places, unplaced };
}

function placeByKind(file: ArtifactFile, imageSequences: ImageSequences): ArtifactPlace | undefined {
  const kind = artifactKind(file.path);
  switch (kind) {
    case undefined:
      return undefined;
    case 'text':
    case 'figure':
      return { role: kind, sequence: file.path, step: 0n, grouped: false, file };
    default: {
      const directory = posix.dirname(file.path);
      const grouped = imageSequences === 'directory' && directory !== '.';
      return { role: kind, sequence: grouped ? directory : file.path, step: 0n, grouped, file };
    }
  }
}

/** Those that a text may have besides, or instead. */
function placesByContent(file: ArtifactFile): ArtifactPlace[] {
  const { figure, table } = mayHold(file.path);
  const place = { sequence: file.path, step: 0n, grouped: false, tentative: true, file } as const;
  return [
    ...(figure ? [{ role: 'figure', ...place } as const] : []),
    ...(table ? [{ role: 'table', ...place } as const] : []),
  ];
}

/** The image histories of one run. */
class History {
  private readonly images = new Map<ArtifactFile, HistoryImage>();
  private readonly perRecord = new Map<string, number>();

  constructor(files: readonly ArtifactFile[], twins: ReadonlySet<ArtifactFile>) {
    for (const file of files) {
      const image = parseHistoryImage(file.path);
      if (image === undefined || twins.has(file)) continue;
      this.images.set(file, image);
      this.perRecord.set(recordOf(image), (this.perRecord.get(recordOf(image)) ?? 0) + 1);
    }
  }

  placeOf(file: ArtifactFile): ArtifactPlace | undefined {
    const image = this.images.get(file);
    if (image === undefined || image.step < 0n || image.step > MAX_STEP) return undefined;
    const { key: sequence, step, timestamp } = image;
    const grouped = this.perRecord.get(recordOf(image)) !== 1;
    return { role: 'image', sequence, step, timestamp, grouped, file };
  }
}

function recordOf(image: HistoryImage): string {
  return `${image.step} ${image.key}`;
}
