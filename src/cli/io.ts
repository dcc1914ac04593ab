import type { EventEmitter } from 'node:events';
import type { convert } from '../convert.js';
import type { TerminalStream } from '../report/live-block.js';
import type { readStatus } from '../state/status.js';
import type { watch } from '../watch/watch.js';

/** A stream of the process: written to, perhaps a terminal, perhaps closed by its reader. */
export interface OutputStream extends TerminalStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** All that the command line has to do with the world, so that tests can stand in for it. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Emits `SIGINT` and `SIGTERM`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly convert: (...given: Required<Parameters<typeof convert>>) => Promise<void>;
  readonly watch: (...given: Required<Parameters<typeof watch>>) => Promise<void>;
  readonly readStatus: typeof readStatus;
}
