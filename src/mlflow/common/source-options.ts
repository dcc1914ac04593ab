/** What the user decides about reading a source, whichever it is. A plain object: it crosses to other threads. */
export interface SourceOptions {
  /** Requests and downloads under way at once; at least 1. */
  readonly concurrency: number;
  /** A ceiling for requests to a tracking server; absent for none. */
  readonly requestsPerSecond?: number;
  /** Where the files lie that a tracking server has proxied: a directory or a URI, for databases read without their server. */
  readonly artifactsDestination?: string;
  /** The workspace of a server or database that has several (MLflow ≥ 3.10); absent for none. */
  readonly workspace?: string;
  /** Directories and URIs of object stores below which artifacts are read wherever a source says that they lie (docs/trust.md). */
  readonly allowRoots?: readonly string[];
  /** Follow links that lead out of the run in which they lie. */
  readonly copyLinks?: boolean;
  /** Servers besides the tracking server that are asked for artifacts, with its credentials: `https://host:port`. */
  readonly trustOrigins?: readonly string[];
}

export const DEFAULT_SOURCE: SourceOptions = { concurrency: 4 };
