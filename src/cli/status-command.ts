import { fitted } from '../report/fitted.js';
import { statusRecord } from '../report/status-record.js';
import { statusLines } from '../report/status-text.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { StatusSettings } from './settings.js';

/** Prints the status of a repository, and resolves with the exit code: 1 if it cannot be read, else 0, whatever the status. */
export async function runStatus({ repo, json, ...asked }: StatusSettings, io: Io): Promise<number> {
  try {
    const status = await io.readStatus(repo, asked);
    const text = json
      ? JSON.stringify(statusRecord(status, Date.now()), null, 2)
      : fitted(statusLines(status, Date.now()), io.stdout).join('\n');
    io.stdout.write(`${text}\n`);
    return ExitCode.Done;
  } catch (error) {
    io.stderr.write(`error: ${describeError(error)}\n${debugDetails(error, io.env)}`);
    return ExitCode.NothingDone;
  }
}
