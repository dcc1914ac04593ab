import { ConvertError, isAbort, toConvertError } from '../errors.js';
import { checkPlace } from '../report/report-place.js';
import { DifferencesFile, VerifyReportFile } from '../report/verify/verify-files.js';
import type { VerifyResultRecord } from '../report/verify/verify-report-format.js';
import { type VerifyTextOptions, VerifyTextView, type VerifyView } from '../report/verify/verify-view.js';
import { VerifyEvents } from '../verify/session/verify-events.js';
import { outcomeOf, TotalsCounter } from '../verify/session/verify-totals.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { listenForSignals } from './interrupt.js';
import type { Io } from './io.js';
import { openLogFile } from './log-file.js';
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
  const { events, run } = await openVerify(settings, io);
  const { trackingUri } = settings.options;
  return run((signal) =>
    settings.repair && trackingUri !== undefined
      ? io.repair({ ...settings.options, trackingUri }, events, signal)
      : io.verify(settings.options, events, signal),
  );
}

/** A verification that is shown, whoever does the work. */
interface ShownVerification {
  readonly events: VerifyEvents;
  /** Does the work, shows how it ended, and resolves with the exit code. */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<number>;
}

/** @param tellAtOnce see {@link VerifyTextOptions.tellAtOnce} */
export async function openVerify(
  settings: VerifySettings,
  io: Io,
  tellAtOnce?: VerifyTextOptions['tellAtOnce'],
): Promise<ShownVerification> {
  const events = new VerifyEvents();
  const counter = new TotalsCounter(events);
  const startedAt = performance.now();
  const view = await createView(settings, events, io, tellAtOnce);
  return { events, run: (work) => show({ settings, events, counter, startedAt, view }, io, work) };
}

interface Shown {
  readonly settings: VerifySettings;
  readonly events: VerifyEvents;
  readonly counter: TotalsCounter;
  readonly startedAt: number;
  readonly view: VerifyView;
}

async function show(
  { settings, events, counter, startedAt, view }: Shown,
  io: Io,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const interruptions = listenForSignals(
    io,
    () => view.say('Stopping …'),
    () => {},
  );
  let files: Files = {};
  const end = (result: Pick<VerifyResultRecord, 'outcome' | 'error'>): number => {
    const record = { ...result, totals: counter.totals, seconds: (performance.now() - startedAt) / 1000 };
    const failures = [
      ...(files.reports ?? []).map((report) => report.finish(record)),
      files.differences?.finish(),
    ].filter((one) => one !== undefined);
    files.log?.end(record);
    view.end(record);
    for (const failure of failures) view.say(`error: The file could not be written: ${failure.sentence}`);
    if (settings.json) io.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    if (record.outcome === 'interrupted') return interruptions.exitCode() ?? ExitCode.SIGINT;
    const code = EXIT_CODES[record.outcome];
    const hasLost = failures.length > 0 || files.log?.hasLost();
    return code === ExitCode.Done && hasLost ? ExitCode.SomeFailed : code;
  };
  try {
    files = await openFiles(settings, events, view, io);
    await work(interruptions.signal);
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
    files.log?.close();
  }
}

interface Files {
  readonly reports?: readonly VerifyReportFile[];
  readonly differences?: DifferencesFile;
  readonly log?: Log;
}

async function openFiles(
  { reports, differences, logFile }: VerifySettings,
  events: VerifyEvents,
  view: VerifyView,
  io: Io,
): Promise<Files> {
  for (const file of [...reports, differences]) if (file !== undefined) checkPlace('report', file);
  return {
    ...(logFile !== undefined && { log: await openLog(logFile, events, view, io) }),
    reports: reports.map((file) => new VerifyReportFile(file, events, packageVersion())),
    ...(differences !== undefined && { differences: new DifferencesFile(differences, events) }),
  };
}

interface Log extends Pick<VerifyView, 'end'> {
  hasLost(): boolean;
  close(): void;
}

async function openLog(path: string, events: VerifyEvents, view: VerifyView, io: Io): Promise<Log> {
  const file = openLogFile(path, io, (sentence) => view.say(`warning: ${sentence}`));
  const log = await jsonLog(events, (line) => file.write(line), { tell: () => {}, quiet: false });
  return { end: (record) => log.end(record), hasLost: () => file.hasLost, close: () => file.close() };
}

/** Loaded on demand. */
async function jsonLog(
  events: VerifyEvents,
  write: (line: string) => void,
  options: { readonly tell: (line: string) => void; readonly quiet: boolean },
): Promise<VerifyView> {
  const { VerifyJsonLog } = await import('../report/verify/verify-json-log.js');
  return new VerifyJsonLog(events, { write, version: packageVersion(), ...options });
}

async function createView(
  settings: VerifySettings,
  events: VerifyEvents,
  io: Io,
  tellAtOnce: VerifyTextOptions['tellAtOnce'],
): Promise<VerifyView> {
  const { quiet, logFormat, differences, json } = settings;
  const { stdout, stderr, env } = io;
  if (logFormat === 'json') {
    const tell = (line: string) => void stderr.write(`${line}\n`);
    return jsonLog(events, (line) => stdout.write(line), { tell, quiet });
  }
  return new VerifyTextView(events, {
    stdout,
    stderr,
    quiet,
    live: stderr.isTTY === true && env.TERM !== 'dumb',
    isSilent: json,
    ...(differences !== undefined && { differencesFile: differences }),
    ...(tellAtOnce !== undefined && { tellAtOnce }),
  });
}
