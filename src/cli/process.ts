import { writeSync } from 'node:fs';
import { debugDetails, describeError } from './describe-error.js';
import { ExitCode } from './exit-code.js';
import { main } from './main.js';

process.on('uncaughtException', (error) => {
  process.stderr.write(`\nerror: ${describeError(error)}\n${debugDetails(error, process.env)}`);
  exit(ExitCode.NothingDone);
});

let isSettled = false;
// Node exits silently when the event loop is empty although a promise is still pending.
process.on('exit', () => {
  if (isSettled) return;
  const error = new Error('An operation never completed.');
  writeSync(process.stderr.fd, `error: ${describeError(error)}\n`);
  process.exitCode = ExitCode.NothingDone;
});

// exit() would truncate output that a pipe has not accepted yet.
process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  exit,
  // Loaded on demand, so that --help and usage errors are fast.
  convert: async (...args) => (await import('../convert.js')).convert(...args),
  watch: async (...args) => (await import('../watch/watch.js')).watch(...args),
  repair: async (...args) => (await import('../repair.js')).repair(...args),
  verify: async (...args) => (await import('../verify.js')).verify(...args),
  verifyBeside: async (...args) => new (await import('../verify.js')).SourceVerification(...args),
  plan: async (...args) => (await import('../plan/plan.js')).plan(...args),
  list: async (...args) => (await import('../plan/list.js')).listSource(...args),
  readStatus: async (...args) => (await import('../state/status.js')).readStatus(...args),
});
isSettled = true;

/**
 * Ends the process even if a worker thread is stuck in a system call (a disk that does not answer), for which
 * process.exit() would wait: after a signal, the signal's default action ends it.
 */
function exit(code: number): never {
  isSettled = true;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name);
  if (code === ExitCode.SIGINT) process.kill(process.pid, 'SIGINT');
  if (code === ExitCode.SIGTERM) process.kill(process.pid, 'SIGTERM');
  process.exit(code);
}
