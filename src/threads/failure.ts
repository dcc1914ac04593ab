import { asFatal, ConvertError } from '../errors.js';

/** An error as it crosses threads, where only plain objects keep their fields. */
export interface Failure {
  readonly failure: Pick<ConvertError, 'kind' | 'code' | 'message' | 'where' | 'hint'>;
}

/** In a worker thread: what `work` resolves with, or why it rejected. `where` names what it is about. */
export async function orFailure<T>(where: string, work: () => Promise<T>): Promise<T | Failure> {
  try {
    return await work();
  } catch (cause) {
    const { kind, code, message, where: place, hint } = asFatal(cause, where);
    return { failure: { kind, code, message, where: place, hint } };
  }
}

/** On the other side: the result, if it is one; throws the error otherwise. */
export function unlessFailure<T extends object>(result: T | Failure): T {
  if (!('failure' in result)) return result;
  const { kind, code, message, where, hint } = result.failure;
  throw new ConvertError(kind, code, message, {
    ...(where !== undefined && { where }),
    ...(hint !== undefined && { hint }),
  });
}
