/** What the process tells its caller. */
export const ExitCode = {
  Done: 0,
  /** Nothing could be done: a bad URI, no rights, a refused repository. */
  NothingDone: 1,
  Usage: 2,
  /** Done, but some runs failed or could not be read completely, or the report could not be written. */
  SomeFailed: 3,
  /** 128 and the signal's number, as shells have it. The repository is whole; running again goes on. */
  SIGINT: 130,
  SIGTERM: 143,
} as const;
