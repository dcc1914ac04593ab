import { ConvertError, isAbort, toConvertError } from '../errors.js';
import { checkPlace } from '../report/report-place.js';
import { DifferencesFile, VerifyReportFile, type VerifyResultRecord } from '../report/verify/verify-files.js';
import { VerifyTextView, type VerifyView } from '../report/verify/verify-view.js';
import { VerifyEvents } from '../verify/session/verify-events.js';
import { outcomeOf, TotalsCounter } from '../verify/session/verify-totals.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { listenForSignals } from './interrupt.js';
import type { Io } from './io.js';
import type { VerifySettings } from './verify-settings.js';
import { packageVersion } from './version.js';

const EXIT_CODES = {
  'as-expected': ExitCode.Done,
  differences: ExitCode.Differences,
  incomplete: ExitCode.SomeFailed,
  failed: ExitCode.NothingDone,
} as const;

/** Verifies a repository, and resolves with the exit code. */
export async function runVerify(settings: VerifySettings, io: Io): Promise<number> {
  const events = new VerifyEvents();
  const counter = new TotalsCounter(events);
  const startedAt = performance.now();
  const view = await createView(settings, events, io);
  const interruptions = listenForSignals(
    io,
    () => view.say('Stopping …'),
    () => {},
  );
  let files: Files = {};
  const end = (result: Pick<VerifyResultRecord, 'outcome' | 'error'>): number => {
    const record = { ...result, totals: counter.totals, seconds: (performance.now() - startedAt) / 1000 };
    const failures = [files.report?.finish(record), files.differences?.finish()].filter((one) => one !== undefined);
    view.end(record);
    for (const failure of failures) view.say(`error: The file could not be written: ${failure.sentence}`);
    if (settings.json) io.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    if (record.outcome === 'interrupted') return interruptions.exitCode() ?? ExitCode.SIGINT;
    const code = EXIT_CODES[record.outcome];
    return code === ExitCode.Done && failures.length > 0 ? ExitCode.SomeFailed : code;
  };
  try {
    files = openFiles(settings, events);
    await io.verify(settings.options, events, interruptions.signal);
    return end({ outcome: outcomeOf(counter.totals) });
  } catch (error) {
    if (interruptions.signal.aborted && !(error instanceof ConvertError && !isAbort(error.cause))) {
      return end({ outcome: 'interrupted' });
    }
    const { code } = toConvertError(error, 'fatal', '');
    const exitCode = end({ outcome: 'failed', error: { code, message: describeError(error) } });
    io.stderr.write(debugDetails(error, io.env));
    return exitCode;
  } finally {
    interruptions.dispose();
  }
}

interface Files {
  readonly report?: VerifyReportFile;
  readonly differences?: DifferencesFile;
}

function openFiles({ report, differences }: VerifySettings, events: VerifyEvents): Files {
  for (const file of [report, differences]) if (file !== undefined) checkPlace('report', file);
  return {
    ...(report !== undefined && { report: new VerifyReportFile(report, events, packageVersion()) }),
    ...(differences !== undefined && { differences: new DifferencesFile(differences, events) }),
  };
}

async function createView(settings: VerifySettings, events: VerifyEvents, io: Io): Promise<VerifyView> {
  const { quiet, logFormat, differences, json } = settings;
  const { stdout, stderr, env } = io;
  if (logFormat === 'json') {
    const { VerifyJsonLog } = await import('../report/verify/verify-json-log.js');
    const tell = (line: string) => void stderr.write(`${line}\n`);
    return new VerifyJsonLog(events, { write: (line) => stdout.write(line), tell, quiet, version: packageVersion() });
  }
  return new VerifyTextView(events, {
    stdout,
    stderr,
    quiet,
    live: stderr.isTTY === true && env.TERM !== 'dumb',
    isSilent: json,
    ...(differences !== undefined && { differencesFile: differences }),
  });
}
