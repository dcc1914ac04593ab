#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { debugDetails, describeError } from './cli/describe-error.js';
import { ExitCode } from './cli/exit-code.js';
import { main } from './cli/main.js';

process.on('uncaughtException', (error) => {
  process.stderr.write(`\nerror: ${describeError(error)}\n${debugDetails(error, process.env)}`);
  exit(ExitCode.NothingDone);
});

let isSettled = false;
// Node ends quietly when nothing is left that could bring what is waited for.
process.on('exit', () => {
  if (isSettled) return;
  const error = new Error('Something that was waited for never came.');
  writeSync(process.stderr.fd, `error: ${describeError(error)}\n`);
  process.exitCode = ExitCode.NothingDone;
});

// The exit code is set instead of calling exit(), which would cut off what a pipe has not taken yet.
process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  exit,
  // Loaded when needed, so that --help and usage errors answer at once.
  convert: async (...args) => (await import('./convert.js')).convert(...args),
  watch: async (...args) => (await import('./watch/watch.js')).watch(...args),
  readStatus: async (...args) => (await import('./state/status.js')).readStatus(...args),
});
isSettled = true;

/**
 * Ends the process whatever its threads do. Node waits for one that is stuck in a call of the system (a disk that does not
 * answer), so the system itself ends a process that a signal ended; for any other code, the next signal does.
 */
function exit(code: number): never {
  isSettled = true;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name);
  if (code === ExitCode.SIGINT) process.kill(process.pid, 'SIGINT');
  if (code === ExitCode.SIGTERM) process.kill(process.pid, 'SIGTERM');
  process.exit(code);
}
