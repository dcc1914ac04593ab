import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';

type SignalName = 'SIGINT' | 'SIGTERM';

const SIGNALS: readonly SignalName[] = ['SIGINT', 'SIGTERM'];

export interface Interruptions {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code for the signal that came first, if one came. */
  exitCode(): number | undefined;
  /** Leaves signals to the process again. */
  dispose(): void;
}

/**
 * The first signal asks the conversion to stop (`onFirst`), the second ends the process at once, after `onSecond` has
 * put away what can be put away without waiting.
 */
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
