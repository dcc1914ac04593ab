import { PlanEvents } from '../plan/plan-events.js';
import { PlanProgress } from '../report/plan-progress.js';
import { planLines } from '../report/plan-text.js';
import { printable } from '../report/text-width.js';
import { withSource } from './assumed-source.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { type Interruptions, isInterruption, listenForSignals } from './interrupt.js';
import type { Io } from './io.js';
import type { PlanSettings } from './plan-settings.js';

/** The process exits this long after the first signal, whatever is still running; milliseconds. */
const ENDS_WITHIN = 4_500;

/** Prints what a conversion would do, and resolves with the exit code. */
export async function runPlan(settings: PlanSettings, io: Io): Promise<number> {
  const { json, quiet, detailedExitCode } = settings;
  const events = new PlanEvents();
  return looking(events, quiet || json, io, async (signal) => {
    const plan = await io.plan(withSource(settings), events, signal);
    const print = () => {
      io.stdout.write(`${json ? JSON.stringify(plan, null, 2) : planLines(plan).join('\n')}\n`);
      for (const { message } of json ? [] : plan.warnings) io.stderr.write(`warning: ${printable(message)}\n`);
    };
    return { print, code: detailedExitCode && plan.hasChanges ? ExitCode.Changes : ExitCode.Done };
  });
}

/** What a command that only looks has found. */
interface Finding {
  readonly print: () => void;
  readonly code: number;
}

/** Shows the progress of a command that only reads, and ends it as the others end: by signals, by errors. */
export async function looking(
  events: PlanEvents,
  quiet: boolean,
  io: Io,
  look: (signal: AbortSignal) => Promise<Finding>,
): Promise<number> {
  const live = io.stderr.isTTY === true && io.env.TERM !== 'dumb';
  const progress = new PlanProgress(events, { stderr: io.stderr, live, quiet });
  const interruptions: Interruptions = listenForSignals(
    io,
    () => {
      progress.stop();
      io.stderr.write('Interrupted. Nothing was written.\n');
      setTimeout(() => io.exit(interruptions.exitCode() ?? ExitCode.SIGINT), ENDS_WITHIN).unref();
    },
    () => {},
  );
  try {
    const { print, code } = await look(interruptions.signal);
    progress.stop();
    print();
    return code;
  } catch (error) {
    progress.stop();
    if (isInterruption(error, interruptions.signal)) return interruptions.exitCode() ?? ExitCode.SIGINT;
    io.stderr.write(`error: ${describeError(error)}\n${debugDetails(error, io.env)}`);
    return ExitCode.NothingDone;
  } finally {
    interruptions.dispose();
  }
}
