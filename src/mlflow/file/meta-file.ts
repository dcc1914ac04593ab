import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import { sleep } from '../../wait.js';
import { readText } from '../local/read-text.js';
import type { FieldBudget } from './field-budget.js';
import { parseYamlMapping, type YamlMapping } from './yaml-mapping.js';

const ATTEMPTS = 3;
const RETRY_EVERY = 150;

/**
 * Whether a file of some kind is complete: keys are sorted in the file, so it is if it has the last of them.
 */
export type Completeness = (fields: YamlMapping) => boolean;

/**
 * Reads a meta.yaml. MLflow truncates and rewrites it in place, so it may be incomplete at any moment: it is then read up to three times,
 * as MLflow does. Rejects with an error that names the file: `not-a-run` if it is missing or still incomplete, `skip-run` if it cannot
 * be read.
 *
 * @param budget of the run, for a file whose fields are as large as the user makes them
 */
export async function readMeta(
  path: string,
  isComplete: Completeness,
  signal: AbortSignal,
  budget?: FieldBudget,
): Promise<YamlMapping> {
  let fault = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const text = readMetaText(path, budget);
    const outcome = inspect(text, isComplete, attempt === ATTEMPTS);
    if (typeof outcome !== 'string') return outcome;
    fault = outcome;
    if (attempt < ATTEMPTS) await sleep(RETRY_EVERY, signal);
  }
  throw new ConvertError('not-a-run', 'damaged-file', `${path} ${fault}.`, {
    where: path,
    hint: 'Restore the file from a backup, or remove its directory if nothing of it is needed.',
  });
}

/** The fields, or what is wrong with the text. */
function inspect(text: string, isComplete: Completeness, isLastAttempt: boolean): YamlMapping | string {
  if (text.trim() === '') return 'is empty';
  // MLflow ends every file with a newline; otherwise it is incomplete, or written by hand
  if (!text.endsWith('\n') && !isLastAttempt) return 'is incomplete';
  try {
    const fields = parseYamlMapping(text);
    return isComplete(fields) ? fields : 'is incomplete, or lacks fields that MLflow writes';
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return `is not YAML as MLflow writes it: ${reason.replace(/[.:]$/, '')}`;
  }
}

function readMetaText(path: string, budget: FieldBudget | undefined): string {
  try {
    return (budget?.read(path) ?? readText(path)).text;
  } catch (cause) {
    const { kind, code, message, hint } = toConvertError(cause, 'skip-run', path);
    if (kind === 'fatal') throw toConvertError(cause, 'fatal', path);
    throw new ConvertError(
      isFileMissing(cause) ? 'not-a-run' : 'skip-run',
      code,
      message,
      hint === undefined ? { where: path, cause } : { where: path, cause, hint },
    );
  }
}

/** Whether an error says that a file, or a directory on its path, does not exist. */
export function isFileMissing(cause: unknown): boolean {
  const code = errorCode(cause instanceof ConvertError ? cause.cause : cause);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
