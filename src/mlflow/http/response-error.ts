import { ConvertError } from '../../errors.js';
import { displayedUri } from '../locations/file-uri.js';

/** An answer of the server that is final and no success. */
export class ResponseError extends Error {
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

/** The error response behind an error, if there is one. */
export function responseErrorOf(error: unknown): ResponseError | undefined {
  if (error instanceof ResponseError) return error;
  return error instanceof ConvertError && error.cause instanceof ResponseError ? error.cause : undefined;
}

/** True when the server says that the thing (not the endpoint) does not exist. */
export function isResourceMissing(error: unknown): boolean {
  const response = responseErrorOf(error);
  return response?.status === 404 && response.code !== undefined && response.code !== 'ENDPOINT_NOT_FOUND';
}

/** True when the server has no such endpoint: it is older, or something before it does not let it through. */
export function isEndpointMissing(error: unknown): boolean {
  const response = responseErrorOf(error);
  if (response === undefined) return false;
  return (
    response.code === 'ENDPOINT_NOT_FOUND' || ([404, 405, 501].includes(response.status) && response.code === undefined)
  );
}

/** True when MLflow says, with 503, that it was started without this endpoint (`--no-serve-artifacts`, `--artifacts-only`). */
export function isEndpointDisabled({ status, message }: ResponseError): boolean {
  return status === 503 && /\bdisabled due to the mlflow server running\b/i.test(message);
}

/** What a body says about an error: MLflow's JSON, else the beginning of a text that is no HTML. */
export function parseResponseError(status: number, body: string): ResponseError {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null && 'error_code' in answer) {
      const message = 'message' in answer && typeof answer.message === 'string' ? answer.message : '';
      return new ResponseError(status, String(answer.error_code), oneLine(message));
    }
  } catch {
    // no JSON: a proxy, or MLflow's own HTML pages
  }
  return new ResponseError(status, undefined, /^\s*</.test(body) ? '' : oneLine(body));
}

/** Any will do. */
const SCHEME = 'any';

/** Fit for a message: short, and without the secrets of a URI that is quoted in it. */
function oneLine(text: string): string {
  // from behind the scheme on, because a search for schemes takes quadratic time in one long word
  const clean = text.replace(/:\/\/[^\s'"<>]+/g, (rest) => displayedUri(SCHEME + rest).slice(SCHEME.length));
  const line = clean.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
