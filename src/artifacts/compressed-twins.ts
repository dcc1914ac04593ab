import type { ArtifactFile } from '../model.js';
import { parseHistoryImage } from './image-history.js';

/** A file of an image that `mlflow.log_table` took out of a table (docs/mlflow-sources.md §4.2). */
const TABLE_IMAGE =
  /^(?<stem>table_images\/.+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(?<extension>png|webp)$/;

/** One of the two files that MLflow writes for an image. */
interface Pair {
  /** The same for both. */
  readonly stem: string;
  readonly isTwin: boolean;
}

/**
 * The small copies that MLflow writes beside each image of a history or a table, to show them faster. One whose original is gone
 * is none.
 */
export function compressedTwins(files: readonly ArtifactFile[]): ReadonlySet<ArtifactFile> {
  const originals = new Set<string>();
  const copies: [ArtifactFile, string][] = [];
  for (const file of files) {
    const pair = historyPair(file.path) ?? tablePair(file.path);
    if (pair?.isTwin === true) copies.push([file, pair.stem]);
    else if (pair !== undefined) originals.add(pair.stem);
  }
  return new Set(copies.flatMap(([file, stem]) => (originals.has(stem) ? [file] : [])));
}

function historyPair(path: string): Pair | undefined {
  const image = parseHistoryImage(path);
  if (image === undefined || image.compressed !== (image.extension === 'webp')) return undefined;
  return { stem: image.stem, isTwin: image.compressed };
}

function tablePair(path: string): Pair | undefined {
  const parts = TABLE_IMAGE.exec(path)?.groups;
  return parts && { stem: parts.stem!, isTwin: parts.extension === 'webp' };
}
