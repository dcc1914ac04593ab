import { toConvertError } from '../errors.js';
import { ConvertEvents } from '../events.js';
import type { Ending, View } from '../report/ending.js';
import { isPage } from '../report/file/page-writer.js';
import { ReportFile } from '../report/file/report-file.js';
import type { MetricsServer } from '../report/metrics-server.js';
import { ProgressState } from '../report/progress-state.js';
import { checkPlace } from '../report/report-place.js';
import { TextView } from '../report/text-view.js';
import { Summary } from '../summary/summary.js';
import { withSource } from './assumed-source.js';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { isInterruption, listenForSignals } from './interrupt.js';
import type { BesideConversion, Io } from './io.js';
import { type Log, openLog } from './log-view.js';
import type { ListenAddress } from './options/values.js';
import type { ConvertSettings } from './settings.js';
import { packageVersion } from './version.js';

/** The process exits this long after the first signal, whatever is still running; milliseconds. The repository is always consistent. */
const ENDS_WITHIN = 4_500;

const STOPPING = 'Stopping after the current writes. Press Ctrl-C again to stop immediately.';

/** What works beside a conversion, and is told in its view. */
export type Beside = (view: Pick<View, 'say'>) => Promise<BesideConversion>;

/**
 * Converts or watches, shows the progress, and resolves with the exit code. A watch that is stopped by a signal ends with
 * 0, as service managers expect.
 */
export async function runConvert(settings: ConvertSettings, io: Io, beside?: Beside): Promise<number> {
  const events = new ConvertEvents();
  const summary = new Summary(events);
  const view = await createView(settings, events, io);
  const reports: ReportFile[] = [];
  let log: Log | undefined;
  const interruptions = listenForSignals(
    io,
    () => {
      view.say(STOPPING);
      const ending: Ending = { type: settings.watch === undefined ? 'interrupted' : 'stopped' };
      setTimeout(() => io.exit(end(ending)), ENDS_WITHIN).unref();
    },
    () => void end({ type: 'interrupted' }),
  );
  const end = once((ending: Ending): number => {
    const numbers = summary.numbers();
    const failures = reports.map((report) => report.finish(ending, numbers)).filter((one) => one !== undefined);
    for (const failure of failures) {
      const message = `The conversion finished, but the report could not be written: ${failure.sentence}`;
      for (const shown of [view, log]) shown?.warn({ code: 'report-not-written', message });
    }
    log?.end(ending, numbers);
    view.end(ending, numbers);
    if (ending.type === 'failed') return ExitCode.NothingDone;
    if (ending.type === 'stopped') return ExitCode.Done;
    if (ending.type === 'interrupted') return interruptions.exitCode() ?? ExitCode.SIGINT;
    return numbers.complete && failures.length === 0 && !log?.hasLost() ? ExitCode.Done : ExitCode.SomeFailed;
  });
  try {
    if (settings.logFile !== undefined) log = openLog(settings.logFile, events, view, io);
    const sourced = { ...settings, options: withSource(settings) };
    for (const file of settings.reports) checkPlace('report', file);
    for (const file of settings.reports) reports.push(new ReportFile(file, events, packageVersion()));
    const own = await beside?.(view);
    return end(await work({ ...sourced, own }, events, view, io, interruptions.signal));
  } catch (error) {
    if (isInterruption(error, interruptions.signal)) return end({ type: 'interrupted' });
    const code = end({ type: 'failed', code: toConvertError(error, 'fatal', '').code, message: describeError(error) });
    io.stderr.write(debugDetails(error, io.env));
    return code;
  } finally {
    interruptions.dispose();
    log?.close();
  }
}

async function work(
  { options, watch, quiet, own }: ConvertSettings & { readonly own: BesideConversion | undefined },
  events: ConvertEvents,
  view: View,
  io: Io,
  signal: AbortSignal,
): Promise<Ending> {
  if (watch === undefined) {
    await io.convert(options, events, signal, own);
    return { type: 'done' };
  }
  const server = watch.listen === undefined ? undefined : await listen(watch.listen, events);
  try {
    if (server !== undefined && !quiet) view.say(`Serving /healthz and /metrics at ${server.url}.`);
    await io.watch({ ...options, ...watch.options }, events, signal);
    return { type: 'stopped' };
  } finally {
    server?.close();
  }
}

/** Loaded on demand: prom-client is not needed otherwise. */
async function listen(address: ListenAddress, events: ConvertEvents): Promise<MetricsServer> {
  const { MetricsServer } = await import('../report/metrics-server.js');
  return MetricsServer.listen(address, events);
}

/** The end may be reached twice, as when a second signal arrives while the first is being handled; only the first counts. */
function once<Argument, Result>(act: (argument: Argument) => Result): (argument: Argument) => Result {
  let done: { result: Result } | undefined;
  return (argument) => {
    done ??= { result: act(argument) };
    return done.result;
  };
}

async function createView(
  settings: ConvertSettings,
  events: ConvertEvents,
  { stdout, stderr, env }: Io,
): Promise<View> {
  const progress = new ProgressState(events);
  const { quiet, verbose, logFormat, reports } = settings;
  // a page holds no more than some thousand runs
  const report = reports.find((file) => !isPage(file)) ?? reports[0];
  if (logFormat === 'json') {
    const { JsonLog } = await import('../report/json-log.js');
    return new JsonLog(events, progress, {
      write: (line) => stdout.write(line),
      tell: (line) => stderr.write(`${line}\n`),
      quiet,
      version: packageVersion(),
    });
  }
  const ansi = stderr.isTTY === true && env.TERM !== 'dumb';
  return new TextView(events, progress, {
    stdout,
    stderr,
    quiet,
    verbose,
    timed: settings.watch !== undefined,
    live: ansi,
    color: ansi && settings.color,
    ...(report === undefined ? {} : { reportFile: report }),
  });
}
