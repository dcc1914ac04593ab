import { execFileSync, spawn } from 'node:child_process';

/** One sentence about what is missing and how to get it; anything else that is thrown is a mistake in the scripts. */
export class Missing extends Error {}

/** Whether a program ends with 0. */
export function runs(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a program and resolves with what it wrote to stdout, at most the last 1 MB; rejects with the last line that it wrote. `env` is added to the environment. */
export function run(program, args, { env = {}, ...options } = {}) {
  return new Promise((settle, reject) => {
    const child = spawn(program, args, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let said = '';
    let output = '';
    child.stdout.on('data', (part) => {
      output = (output + part).slice(-1_000_000);
      said = (said + part).slice(-4000);
    });
    child.stderr.on('data', (part) => {
      said = (said + part).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) settle(output);
      else reject(new Error(said.trim().split('\n').at(-1) || `${program} ended with ${code}`));
    });
  });
}
