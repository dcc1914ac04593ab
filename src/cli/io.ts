import type { EventEmitter } from 'node:events';
import type { convert } from '../convert.js';
import type { ConvertEvents } from '../events.js';
import type { ConvertOptions, WatchOptions } from '../options.js';
import type { listSource } from '../plan/list.js';
import type { PlanEvents } from '../plan/plan-events.js';
import type { Plan } from '../plan/plan-result.js';
import type { RepairOptions } from '../repair.js';
import type { TerminalStream } from '../report/live-block.js';
import type { readStatus } from '../state/status.js';
import type { VerifyEvents } from '../verify/session/verify-events.js';
import type { SourceVerification, VerifyOptions } from '../verify.js';

/** An output stream of the process; possibly a terminal, possibly closed by its reader. */
export interface OutputStream extends TerminalStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What hears of runs while they are being converted. */
export type BesideConversion = Pick<NonNullable<Parameters<typeof convert>[3]>, 'settled'>;

/** Everything outside of the command line, so that tests can replace it. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Emits `SIGINT` and `SIGTERM`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  /** Exits immediately. */
  readonly exit: (code: number) => void;
  readonly convert: (
    options: ConvertOptions,
    events: ConvertEvents,
    signal: AbortSignal,
    own?: BesideConversion,
  ) => Promise<void>;
  readonly watch: (options: WatchOptions, events: ConvertEvents, signal: AbortSignal) => Promise<void>;
  readonly repair: (options: RepairOptions, events: VerifyEvents, signal: AbortSignal) => Promise<void>;
  readonly verify: (options: VerifyOptions, events: VerifyEvents, signal: AbortSignal) => Promise<void>;
  /** Verifies runs as a conversion publishes them, and the others at its end. */
  readonly verifyBeside: (
    options: VerifyOptions,
    events: VerifyEvents,
  ) => Promise<Pick<SourceVerification, 'add' | 'finish' | 'close'>>;
  readonly plan: (options: ConvertOptions, events: PlanEvents, signal: AbortSignal) => Promise<Plan>;
  readonly list: (...given: Required<Parameters<typeof listSource>>) => ReturnType<typeof listSource>;
  readonly readStatus: typeof readStatus;
}
