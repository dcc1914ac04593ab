import { withSource } from './assumed-source.js';
import { runConvert } from './convert-command.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import type { ConvertSettings } from './settings.js';
import { runVerify } from './verify-command.js';

/** Converts; then, with `--verify`, compares what was chosen with MLflow. Resolves with the exit code, which is 4 if something differs. */
export async function runConvertAndVerify(settings: ConvertSettings, io: Io): Promise<number> {
  const converted = await runConvert(settings, io);
  const isConverted = converted === ExitCode.Done || converted === ExitCode.SomeFailed;
  if (!settings.verify || settings.watch !== undefined || !isConverted) return converted;
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
  const verified = await runVerify({ options, quiet, logFormat, json: false, repair: false }, io);
  return verified === ExitCode.Done ? converted : verified;
}
