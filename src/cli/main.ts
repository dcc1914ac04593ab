import { errorCode } from '../errors.js';
import { runConvert } from './convert-command.js';
import type { Io } from './io.js';
import { parseArguments } from './parse-arguments.js';
import { runStatus } from './status-command.js';

/**
 * The program: arguments (those after its name) in, exit code out. Rejects only where the program itself is broken.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  outliveReader(io.stdout, io);
  outliveReader(io.stderr, io);
  const parsed = parseArguments(argv, io);
  switch (parsed.type) {
    case 'exit':
      return parsed.code;
    case 'status':
      return runStatus(parsed.settings, io);
    case 'convert':
      return runConvert(parsed.settings, io);
  }
}

/** A reader that has seen enough (`| head`) must not stop a conversion; nor must a full disk behind `>`. */
function outliveReader(stream: Io['stdout'], { stdout, stderr }: Io): void {
  let told = false;
  stream.on('error', (error) => {
    if (told || errorCode(error) === 'EPIPE' || stream !== stdout) return;
    told = true;
    stderr.write(`error: The output could not be written: ${error.message}.\n`);
  });
}
