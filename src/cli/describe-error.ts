import { inspect } from 'node:util';
import { asFatal, ConvertError, systemErrorPath } from '../errors.js';

/**
 * An error as a sentence for people. What is not a {@link ConvertError} nobody has foreseen: the sentence says how to
 * find out more.
 */
export function describeError(error: unknown): string {
  if (error instanceof ConvertError) return error.sentence;
  const path = systemErrorPath(error);
  if (path !== undefined) return asFatal(error, path).sentence;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const ended = /[.!?]$/.test(message) ? message : `${message}.`;
  const hint = 'Run again with MLFLOW2AIM_DEBUG=1 to see where it comes from, and please report it.';
  return `Something unforeseen happened: ${ended} ${hint}`;
}

/** The stack and the causes of an error, as lines for those who set MLFLOW2AIM_DEBUG; empty for all others. */
export function debugDetails(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const debugging = !['', '0', undefined].includes(env.MLFLOW2AIM_DEBUG);
  return debugging ? `${inspect(error)}\n` : '';
}
