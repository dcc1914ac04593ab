/** Exit codes of the command. */
export const ExitCode = {
  Done: 0,
  /** Nothing could be done: a wrong URI, permission denied, a repository that is refused. */
  NothingDone: 1,
  Usage: 2,
  /** Done, but some runs failed or are incomplete, or the report, the log or the output could not be written. */
  SomeFailed: 3,
  /** `verify`: something is not in Aim as in MLflow. */
  Differences: 4,
  /** `plan --detailed-exitcode`: a conversion would change something. */
  Changes: 5,
  /** 128 plus the signal's number, as in shells. The repository is consistent, and the next conversion resumes. */
  SIGINT: 130,
  SIGTERM: 143,
} as const;
