import { withSource } from './assumed-source.js';
import { type Beside, runConvert } from './convert-command.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { ConvertSettings } from './settings.js';
import { openVerify } from './verify-command.js';

/**
 * Converts; with `--verify`, compares the runs of each group with MLflow as soon as it is published, and at the end what else was
 * chosen. Resolves with the exit code, which is 4 if something differs.
 */
export async function runConvertAndVerify(settings: ConvertSettings, io: Io): Promise<number> {
  if (!settings.verify || settings.watch !== undefined) return runConvert(settings, io);
  const { trackingUri, repo, selection, includeDeleted, source, concurrency } = withSource(settings);
  const options = {
    trackingUri,
    repo,
    ...(selection !== undefined && { selection }),
    ...(includeDeleted !== undefined && { includeDeleted }),
    ...(source !== undefined && { source }),
    ...(concurrency !== undefined && { concurrency }),
  };
  const { quiet, logFormat } = settings;
  // as long as the conversion is being shown, what differs is told in its view
  let conversion: Parameters<Beside>[0] | undefined;
  const verify = await openVerify(
    { options, quiet, logFormat, json: false, repair: false, reports: [] },
    io,
    (text) => {
      conversion?.say(text);
      return conversion !== undefined;
    },
  );
  const verification = await io.verifyBeside(options, verify.events);
  try {
    const converted = await runConvert(settings, io, async (view) => {
      conversion = view;
      return { settled: (runs, signal) => verification.add(runs, signal) };
    });
    conversion = undefined;
    if (converted !== ExitCode.Done && converted !== ExitCode.SomeFailed) return converted;
    const verified = await verify.run((signal) => verification.finish(signal));
    return verified === ExitCode.Done ? converted : verified;
  } finally {
    await verification.close();
  }
}
