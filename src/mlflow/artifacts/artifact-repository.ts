import type { ArtifactFile, StageContext } from '../../model.js';

/**
 * The files below one artifact URI, wherever they are stored. One for each run; opening it costs nothing, and all
 * repositories of a source share connections. Methods are independent of each other.
 */
export interface ArtifactRepository {
  /**
   * All files, recursively, sorted by path (as strings compare). A location that cannot be reached gives one
   * `artifacts-unreachable` notice and no files. Rejects with the signal's reason when that is aborted.
   */
  list(context: StageContext): AsyncIterable<ArtifactFile>;

  /**
   * The bytes of a file that {@link list} returned, as chunks that belong to the caller, downloaded on demand. An
   * interrupted download is resumed where it stopped. Rejects with `skip-item` if the file cannot be read.
   */
  open(file: ArtifactFile, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Turns a run's artifact URI into its files. `artifactUri` is as MLflow recorded it; absent if it recorded none. */
export interface ArtifactOpener {
  at(runId: string, artifactUri: string | undefined): ArtifactRepository;
  /** Releases connections. */
  close(): Promise<void>;
}
