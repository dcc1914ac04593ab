import { PlanEvents } from '../plan/plan-events.js';
import { listLines, listRecord } from '../report/list-text.js';
import { printable } from '../report/text-width.js';
import { withSource } from './assumed-source.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import { looking } from './plan-command.js';
import type { ListSettings } from './plan-settings.js';

/** Prints the experiments of a source, and resolves with the exit code: 3 if some could not be read. */
export async function runList(settings: ListSettings, io: Io): Promise<number> {
  const events = new PlanEvents();
  const failures: string[] = [];
  events.on('experiment:failed', ({ message }) => failures.push(message));
  return looking(events, settings.json, io, async (signal) => {
    const listing = await io.list(withSource(settings), events, signal);
    const print = () => {
      const text = settings.json ? JSON.stringify(listRecord(listing), null, 2) : listLines(listing).join('\n');
      io.stdout.write(`${text}\n`);
      for (const message of failures) io.stderr.write(`error: ${printable(message)}\n`);
    };
    return { print, code: failures.length === 0 ? ExitCode.Done : ExitCode.SomeFailed };
  });
}
