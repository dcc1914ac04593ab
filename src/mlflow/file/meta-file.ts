import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import { sleep } from '../../wait.js';
import { readText } from '../local/read-text.js';
import type { FieldBudget } from './field-budget.js';
import { parseYamlMapping, type YamlMapping } from './yaml-mapping.js';

const LOOKS = 3;
const BETWEEN_LOOKS = 150;

/**
 * What a complete file of its kind holds; the keys are sorted in the file, so the last of them tell whether it is
 * whole.
 */
export type Completeness = (fields: YamlMapping) => boolean;

/**
 * Reads a meta.yaml. MLflow truncates and rewrites it in place, so a reader may meet it empty: such a file is looked
 * at three times, as MLflow itself does. Rejects with an error that names the file: `not-a-run` when it is missing or
 * still not whole, `skip-run` when it cannot be read.
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
  for (let look = 1; look <= LOOKS; look++) {
    const text = readMetaText(path, budget);
    const outcome = inspect(text, isComplete, look === LOOKS);
    if (typeof outcome !== 'string') return outcome;
    fault = outcome;
    if (look < LOOKS) await sleep(BETWEEN_LOOKS, signal);
  }
  throw new ConvertError('not-a-run', `${path} ${fault}.`, {
    where: path,
    hint: 'Restore the file from a backup, or remove its directory if nothing of it is needed.',
  });
}

/** The fields, or what is wrong with the text. */
function inspect(text: string, isComplete: Completeness, lastLook: boolean): YamlMapping | string {
  if (text.trim() === '') return 'is empty';
  // MLflow ends every file with a newline; without one it may be half written, or written by hand
  if (!text.endsWith('\n') && !lastLook) return 'is cut off';
  try {
    const fields = parseYamlMapping(text);
    return isComplete(fields) ? fields : 'is cut off, or lacks fields that MLflow writes';
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return `is no YAML as MLflow writes it: ${reason.replace(/[.:]$/, '')}`;
  }
}

function readMetaText(path: string, budget: FieldBudget | undefined): string {
  try {
    return (budget?.read(path) ?? readText(path)).text;
  } catch (cause) {
    const { kind, message, hint } = toConvertError(cause, 'skip-run', path);
    if (kind === 'fatal') throw toConvertError(cause, 'fatal', path);
    throw new ConvertError(
      isFileMissing(cause) ? 'not-a-run' : 'skip-run',
      message,
      hint === undefined ? { where: path, cause } : { where: path, cause, hint },
    );
  }
}

/** True when a file or the way to it is not there. */
export function isFileMissing(cause: unknown): boolean {
  const code = errorCode(cause instanceof ConvertError ? cause.cause : cause);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
