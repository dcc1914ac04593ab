import { homedir } from 'node:os';
import { join } from 'node:path';
import { asFatal, errorCode } from '../../errors.js';
import { readText } from '../local/read-text.js';
import type { Environment } from './environment.js';
import type { UserPassword } from './server-uri.js';

/**
 * The value of the Authorization header, from where MLflow's client takes it: user and password in the URI, else
 * MLFLOW_TRACKING_USERNAME and _PASSWORD (or either of them from ~/.mlflow/credentials), else MLFLOW_TRACKING_TOKEN.
 * Undefined if there is none.
 */
export function authorization(
  fromUri: UserPassword | undefined,
  env: Environment,
  file: string = join(env.HOME ?? homedir(), '.mlflow', 'credentials'),
): string | undefined {
  if (fromUri !== undefined) return basic(fromUri.user, fromUri.password);
  const kept = readCredentials(file);
  const user = env.MLFLOW_TRACKING_USERNAME || kept.get('mlflow_tracking_username');
  const password = env.MLFLOW_TRACKING_PASSWORD || kept.get('mlflow_tracking_password');
  if (user && password) return basic(user, password);
  return env.MLFLOW_TRACKING_TOKEN ? `Bearer ${env.MLFLOW_TRACKING_TOKEN}` : undefined;
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

function readCredentials(file: string): Map<string, string> {
  try {
    return mlflowSection(readText(file).text);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Map();
    throw asFatal(cause, file);
  }
}

/** The section `[mlflow]` of an ini file as Python's configparser reads it; keys in lower case. */
function mlflowSection(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]/.exec(line);
    if (header !== null) section = header[1] ?? '';
    const field = /^([^=:#;[][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (section === 'mlflow' && field !== null) fields.set(field[1]!.toLowerCase(), field[2]!.replaceAll('%%', '%'));
  }
  return fields;
}
