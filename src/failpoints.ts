/** The moments at which tests interrupt a conversion, in the order in which a run reaches them. */
export const FAILPOINTS = [
  /** Points were read from the source. */
  'page-read',
  /** They were written to the staging directory. */
  'batch-written',
  /** A run is complete in the staging directory; nothing refers to it yet. */
  'run-built',
  /** A group is about to be flushed to disk. */
  'group-begun',
  'group-synced',
  /** The points database of a run was moved into place, that of its attributes was not. */
  'points-moved',
  'run-moved',
  /** All runs of the group are in place, durably. */
  'group-moved',
  /** A worker is about to write the index. */
  'index-begun',
  'index-written',
  /** The ledger has recorded what is about to be written to Aim's relational database. */
  'rows-intended',
  'rows-written',
  'ledger-written',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** `exit` kills the process with SIGKILL, `throw` throws, `sigterm` sends SIGTERM and continues. */
export const FAILURES = ['exit', 'throw', 'sigterm'] as const;

export type Failure = (typeof FAILURES)[number];

/** `MLFLOW2AIM_FAILPOINT=<name>:<failure>`; without it a failpoint costs one comparison. */
const [armed, failure] = (process.env.MLFLOW2AIM_FAILPOINT ?? '').split(':');

let passed = false;

/** Fails here if the environment asks for it, the first time that this thread gets here. */
export function failpoint(name: Failpoint): void {
  if (armed !== name || passed) return;
  passed = true;
  fail(name);
}

function fail(name: Failpoint): void {
  switch (failure) {
    case 'exit':
      // process.exit in a worker thread would end only that thread.
      process.kill(process.pid, 'SIGKILL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case 'sigterm':
      process.kill(process.pid, 'SIGTERM');
      return;
    default:
      throw new Error(`Failpoint ${name}, set by MLFLOW2AIM_FAILPOINT.`);
  }
}
