/** The moments at which tests break a conversion off, in the order in which a run passes them. */
export const FAILPOINTS = [
  /** Points have come from the source. */
  'page-read',
  /** They have been written to the staging directory. */
  'batch-written',
  /** A run lies there whole, and nobody knows of it yet. */
  'run-built',
  /** A group is about to be brought to disk. */
  'group-begun',
  'group-synced',
  /** Of a run's databases, that of the points is in its place. */
  'points-moved',
  'run-moved',
  /** All runs of the group are in their places, for good. */
  'group-moved',
  /** A thread is about to write the index. */
  'index-begun',
  'index-written',
  /** The ledger knows what is about to be written into Aim's relational database. */
  'rows-intended',
  'rows-written',
  'ledger-written',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** `exit` ends the process as SIGKILL does, `throw` throws an error, `sigterm` asks the process to end and goes on. */
export const FAILURES = ['exit', 'throw', 'sigterm'] as const;

export type Failure = (typeof FAILURES)[number];

/** `MLFLOW2AIM_FAILPOINT=<name>:<failure>`; without it there is nothing but a comparison. */
const [armed, failure] = (process.env.MLFLOW2AIM_FAILPOINT ?? '').split(':');

let passed = false;

/** Fails here, the first time that this thread comes by, if this is what the environment asks for. */
export function failpoint(name: Failpoint): void {
  if (armed !== name || passed) return;
  passed = true;
  fail(name);
}

function fail(name: Failpoint): void {
  switch (failure) {
    case 'exit':
      // Not process.exit, which in a worker thread ends that thread alone.
      process.kill(process.pid, 'SIGKILL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case 'sigterm':
      process.kill(process.pid, 'SIGTERM');
      return;
    default:
      throw new Error(`The failpoint ${name} was asked for by MLFLOW2AIM_FAILPOINT.`);
  }
}
