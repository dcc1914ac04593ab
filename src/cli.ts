#!/usr/bin/env node
import { debugDetails, describeError } from './cli/describe-error.js';
import { ExitCode } from './cli/exit-code.js';
import { main } from './cli/main.js';

process.on('uncaughtException', (error) => {
  process.stderr.write(`\nerror: ${describeError(error)}\n${debugDetails(error, process.env)}`);
  process.exit(ExitCode.NothingDone);
});

// The exit code is set instead of calling exit(), which would cut off what a pipe has not taken yet.
process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  exit: (code) => process.exit(code),
  // Loaded when needed, so that --help and usage errors answer at once.
  convert: async (...args) => (await import('./pipeline.js')).convert(...args),
  watch: async (...args) => (await import('./sync/watch.js')).watch(...args),
  readStatus: async (...args) => (await import('./sync/status.js')).readStatus(...args),
});
