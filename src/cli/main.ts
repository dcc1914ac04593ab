import { errorCode } from '../errors.js';
import { runConfig } from './config-command.js';
import { runConvertAndVerify } from './convert-and-verify.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.js';
import { runList } from './list-command.js';
import { parseArguments } from './parse-arguments.js';
import { runPlan } from './plan-command.js';
import { runStatus } from './status-command.js';
import { runVerify } from './verify-command.js';

/** Runs the command with these arguments (without the program's name), and resolves with the exit code. Rejects only on bugs. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const output = outliveReader(io.stdout, io);
  outliveReader(io.stderr, io);
  const code = await run(argv, io);
  await new Promise(setImmediate); // an error of the last write has been emitted by then
  return code === ExitCode.Done && output.isLost ? ExitCode.SomeFailed : code;
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments(argv, io);
  switch (parsed.type) {
    case 'exit':
      return parsed.code;
    case 'verify':
      return runVerify(parsed.settings, io);
    case 'status':
      return runStatus(parsed.settings, io);
    case 'config':
      return runConfig(parsed.settings, parsed.program, io);
    case 'convert':
      return runConvertAndVerify(parsed.settings, io);
    case 'plan':
      return runPlan(parsed.settings, io);
    case 'list':
      return runList(parsed.settings, io);
  }
}

/** Neither a reader that closes the pipe (`| head`) nor a full disk behind `>` may stop a conversion. */
function outliveReader(stream: Io['stdout'], { stdout, stderr }: Io): { readonly isLost: boolean } {
  const output = { isLost: false };
  stream.on('error', (error) => {
    if (output.isLost || errorCode(error) === 'EPIPE' || stream !== stdout) return;
    output.isLost = true;
    stderr.write(`error: The output could not be written: ${error.message}.\n`);
  });
  return output;
}
