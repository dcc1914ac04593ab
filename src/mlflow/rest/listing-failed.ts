import { ConvertError } from '../../errors.js';

/** What comes of an error about the list of experiments, without which a conversion cannot start. */
export function listingFailed(cause: unknown, uri: string): unknown {
  if (!(cause instanceof ConvertError) || cause.kind === 'fatal') return cause;
  const hint =
    cause.hint ?? 'Check that this is the address of an MLflow tracking server, including a path such as /mlflow.';
  return new ConvertError('fatal', cause.code, cause.message, { where: uri, hint, cause });
}
