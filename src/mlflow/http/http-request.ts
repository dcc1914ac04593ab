/** A request to a tracking server, or to a place that it named. */
export interface HttpRequest {
  /** Below the tracking URI, beginning with `/`; or a whole URL. */
  readonly path: string;
  /** Sent as JSON by POST; absent for a GET. */
  readonly body?: unknown;
  /** What is asked for, as messages name it: `the runs of experiment 1`. */
  readonly what: string;
  /** Whether a server that cannot be reached is an error at once; otherwise the request is retried. */
  readonly failFast?: true;
  /**
   * Absent for as many retries as MLflow's client makes. `few after 500`: a 500 may be about this one file, and will then
   * come again. `few`: there is another way to get the same.
   */
  readonly retries?: 'few after 500' | 'few' | 'none';
  /** Whether 401 and 403 concern only what was asked for, as when the server has no access to its bucket; otherwise they are `fatal`. */
  readonly nonFatal?: true;
  /** The most bytes of the response, if less than usual. */
  readonly maxBytes?: number;
}
