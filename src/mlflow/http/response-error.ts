import { ConvertError } from '../../errors.js';
import { withoutCredentials } from '../locations/file-uri.js';

/** An answer of the server that is final and no success. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    /** MLflow's `error_code`, when the answer was its JSON. */
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** The refusal behind an error, if there is one. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof ConvertError && error.cause instanceof Refusal ? error.cause : undefined;
}

/** True when the server says that the thing (not the endpoint) does not exist. */
export function isMissing(error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal?.status === 404 && refusal.code !== undefined && refusal.code !== 'ENDPOINT_NOT_FOUND';
}

/** True when the server has no such endpoint: it is older, or something before it does not let it through. */
export function isNoEndpoint(error: unknown): boolean {
  const refusal = refusalOf(error);
  if (refusal === undefined) return false;
  return (
    refusal.code === 'ENDPOINT_NOT_FOUND' || ([404, 405, 501].includes(refusal.status) && refusal.code === undefined)
  );
}

/** True when MLflow says, with 503, that it was started without this endpoint (`--no-serve-artifacts`, `--artifacts-only`). */
export function isSwitchedOff({ status, message }: Refusal): boolean {
  return status === 503 && /\bdisabled due to the mlflow server running\b/i.test(message);
}

/** What a body says about an error: MLflow's JSON, else the beginning of a text that is no HTML. */
export function refusal(status: number, body: string): Refusal {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null && 'error_code' in answer) {
      const message = 'message' in answer && typeof answer.message === 'string' ? answer.message : '';
      return new Refusal(status, String(answer.error_code), oneLine(message));
    }
  } catch {
    // no JSON: a proxy, or MLflow's own HTML pages
  }
  return new Refusal(status, undefined, /^\s*</.test(body) ? '' : oneLine(body));
}

/** Any will do. */
const SCHEME = 'any';

/** Fit for a message: short, and without the secrets of a URI that is quoted in it. */
function oneLine(text: string): string {
  // from behind the scheme on, because a search for schemes takes quadratic time in one long word
  const clean = text.replace(/:\/\/[^\s'"<>]+/g, (rest) => withoutCredentials(SCHEME + rest).slice(SCHEME.length));
  const line = clean.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
