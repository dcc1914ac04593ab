import { inspect } from 'node:util';
import { asFatal, ConvertError, systemErrorPath } from '../errors.js';

/** An error as a sentence for people. Anything but a {@link ConvertError} or system error is a bug, and the sentence says so. */
export function describeError(error: unknown): string {
  if (error instanceof ConvertError) return error.sentence;
  const path = systemErrorPath(error);
  if (path !== undefined) return asFatal(error, path).sentence;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const ended = /[.!?]$/.test(message) ? message : `${message}.`;
  const hint = 'Please report this, with the stack that MLFLOW2AIM_DEBUG=1 prints.';
  return `Internal error: ${ended} ${hint}`;
}

/** The stack and causes of an error when MLFLOW2AIM_DEBUG is set, else an empty string. */
export function debugDetails(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const debugging = !['', '0', undefined].includes(env.MLFLOW2AIM_DEBUG);
  return debugging ? `${inspect(error)}\n` : '';
}
