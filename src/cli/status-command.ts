import { statusRecord } from '../report/status-record.js';
import { statusLines } from '../report/status-text.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { StatusSettings } from './settings.js';

/** Prints what is known about a repository, and resolves with the exit code: 0 whatever it tells, 1 when it tells nothing. */
export async function runStatus({ repo, incomplete, json }: StatusSettings, io: Io): Promise<number> {
  try {
    const status = await io.readStatus(repo, { incomplete });
    const text = json
      ? JSON.stringify(statusRecord(status, Date.now()), null, 2)
      : statusLines(status, Date.now()).join('\n');
    io.stdout.write(`${text}\n`);
    return ExitCode.Done;
  } catch (error) {
    io.stderr.write(`error: ${describeError(error)}\n${debugDetails(error, io.env)}`);
    return ExitCode.NothingDone;
  }
}
