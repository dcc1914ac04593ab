import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { startCli } from '../support/command-line.js';
import { type RepositoryState, repositoryState } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));

/** A working directory with the example store in it, and the configuration file with this text. */
function workplace(file = ''): string {
  const directory = temporaryDirectory();
  cpSync(EXAMPLE, join(directory, 'mlruns'), { recursive: true });
  writeFileSync(join(directory, 'mlflow2aim.yaml'), file);
  return directory;
}

/** Converts to the repository `aim`, and removes that. */
async function convert(
  cwd: string,
  flags: readonly string[],
  env: Record<string, string> = {},
): Promise<RepositoryState> {
  const { code, stderr } = await startCli(['convert', ...flags], { cwd, env }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const state = repositoryState(join(cwd, 'aim'));
  rmSync(join(cwd, 'aim'), { recursive: true });
  return state;
}

describe('the command as it is built', () => {
  test('makes the same repository wherever its flags are set', async () => {
    const cwd = workplace();
    const byFlags = await convert(cwd, [
      ...['--tracking-uri', 'mlruns', '--repo', 'aim', '--experiment', 'speech-denoise', '--experiment', 'Default'],
      ...['--exclude-artifacts', '**/*.wav', '--repeated-steps', 'last', '--raw-params', '--quiet'],
    ]);
    expect(Object.keys(byFlags.runs).length).toBeGreaterThan(1);
    const env = {
      MLFLOW2AIM_TRACKING_URI: 'mlruns',
      MLFLOW2AIM_REPO: 'aim',
      MLFLOW2AIM_EXPERIMENT: 'speech-denoise, Default',
      MLFLOW2AIM_EXCLUDE_ARTIFACTS: '**/*.wav',
      MLFLOW2AIM_REPEATED_STEPS: 'last',
      MLFLOW2AIM_RAW_PARAMS: 'true',
      MLFLOW2AIM_QUIET: 'true',
    };
    expect(await convert(cwd, [], env)).toEqual(byFlags);
    const file = [
      'tracking-uri: mlruns',
      'repo: aim',
      'experiment: [speech-denoise, Default]',
      "exclude-artifacts: '**/*.wav'",
      'repeated-steps: last',
      'raw-params: true',
      'quiet: true',
    ];
    writeFileSync(join(cwd, 'mlflow2aim.yaml'), file.join('\n'));
    expect(await convert(cwd, [])).toEqual(byFlags);
  });

  test('does nothing when a cloned project would decide too much', async () => {
    const { code, stdout, stderr } = await startCli(['convert'], { cwd: workplace('trust-origin: http://x') }).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: mlflow2aim.yaml:1: trust-origin may not be set by this file.\nerror: .* --config/);
  });

  test('tells what is in force', async () => {
    const env = { MLFLOW2AIM_CONCURRENCY: '3' };
    const { code, stdout } = await startCli(['config', 'sync'], { cwd: workplace('interval: 5s'), env }).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^concurrency +MLFLOW2AIM_CONCURRENCY +3\ninterval +line 1 +5s$/m);
  });
});
