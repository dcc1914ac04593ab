import type { ArtifactFile, StageContext } from '../../model.js';

/**
 * The files below one artifact URI, wherever they lie. One for each run; opening it costs nothing, connections are
 * shared by all of a source. Methods are independent of each other.
 */
export interface ArtifactRepository {
  /**
   * All files, directories walked, sorted by path (as strings compare). A location that cannot be reached is one
   * `artifacts-unreachable` notice and no files. Rejects with the signal's reason when that is aborted.
   */
  list(context: StageContext): AsyncIterable<ArtifactFile>;

  /**
   * The bytes of a file that {@link list} gave, as chunks that belong to whoever took them, downloaded as they are
   * taken; a download that is cut is resumed where it stopped. Rejects with `skip-item` when the file cannot be read.
   */
  open(file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What turns a run's artifact URI into its files. `artifactUri` is as MLflow recorded it, absent where it recorded none. */
export interface ArtifactOpener {
  at(runId: string, artifactUri: string | undefined): ArtifactRepository;
  /** Gives back connections. */
  close(): Promise<void>;
}
