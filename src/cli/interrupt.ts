import { ConvertError, isAbort } from '../errors.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';

type SignalName = 'SIGINT' | 'SIGTERM';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM'];

export interface Interruptions {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code for the first signal; undefined if there was none. */
  exitCode(): number | undefined;
  /** Restores the default handling of signals. */
  dispose(): void;
}

/** The first signal calls `onFirst` and aborts; the second calls `onSecond`, which must not wait, and exits immediately. */
export function listenForSignals(
  { signals, exit }: Pick<Io, 'signals' | 'exit'>,
  onFirst: () => void,
  onSecond: () => void,
): Interruptions {
  const controller = new AbortController();
  let first: SignalName | undefined;
  const listen = (name: SignalName) => () => {
    if (first === undefined) {
      first = name;
      onFirst();
      controller.abort(new DOMException(`Interrupted by ${name}.`, 'AbortError'));
    } else {
      onSecond();
      exit(ExitCode[first]);
    }
  };
  const listeners = SIGNALS.map((name) => [name, listen(name)] as const);
  for (const [name, listener] of listeners) signals.on(name, listener);
  return {
    signal: controller.signal,
    exitCode: () => (first === undefined ? undefined : ExitCode[first]),
    dispose: () => {
      for (const [name, listener] of listeners) signals.off(name, listener);
    },
  };
}

/** After an abort anything under way may fail; only what the user has to fix, such as a full disk, is still reported. */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return !(error instanceof ConvertError) || error.cause === signal.reason || isAbort(error.cause);
}
