// @ts-check
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/**
 * Runs a program to its end, from a cold start; rejects with the last line of its errors when it fails. An aborted signal
 * kills it: all that it leaves lies in the temporary directory.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<{ seconds: number, stdout: string }>}
 */
export function runProgram(program, args, signal) {
  return new Promise((settle, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
    let seconds = 0;
    let stdout = '';
    let stderr = '';
    /** @type {Error | undefined} */
    let failure;
    child.stdout.setEncoding('utf8').on('data', (part) => {
      stdout += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part) => {
      stderr = (stderr + part).slice(-10_000);
    });
    child.on('error', (error) => {
      failure = error;
    });
    child.on('exit', () => {
      seconds = (performance.now() - start) / 1000;
    });
    // "close" also comes after "error", and by then nothing writes into the temporary directory any more
    child.on('close', (code, killedBy) => {
      if (failure === undefined && code === 0) return settle({ seconds, stdout });
      const said = stderr.trim().split('\n').at(-1);
      reject(failure ?? new Error(`${program} ${args[0]} ended with ${code ?? killedBy}: ${said}`));
    });
  });
}

/**
 * A line of JSON that a program wrote last.
 *
 * @param {string} stdout
 */
export function lastLineAsJson(stdout) {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
