import { ConvertError } from '../../errors.js';
import { displayedUri } from '../locations/displayed-uri.js';

/** A response that is final and not a success. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';

  constructor(
    readonly status: number,
    /** MLflow's `error_code`, if the response was its JSON. */
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

/** True when the server says that the resource (not the endpoint) does not exist. */
export function isResourceMissing(error: unknown): boolean {
  const response = responseErrorOf(error);
  return response?.status === 404 && response.code !== undefined && response.code !== 'ENDPOINT_NOT_FOUND';
}

/** True when the server has no such endpoint: it is older, or a proxy does not let the request through. */
export function isEndpointMissing(error: unknown): boolean {
  const response = responseErrorOf(error);
  if (response === undefined) return false;
  const { status, code } = response;
  return code === 'ENDPOINT_NOT_FOUND' || (code === undefined && [404, 405, 501].includes(status));
}

/** True when MLflow says, with 503, that it was started without this endpoint (`--no-serve-artifacts`, `--artifacts-only`). */
export function isEndpointDisabled({ status, message }: ResponseError): boolean {
  return status === 503 && /\bdisabled due to the mlflow server running\b/i.test(message);
}

/** What a body says about an error: MLflow's JSON, else the beginning of a text that is not HTML. */
export function parseResponseError(status: number, body: string): ResponseError {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === 'object' && json !== null && 'error_code' in json) {
      const message = 'message' in json && typeof json.message === 'string' ? json.message : '';
      return new ResponseError(status, String(json.error_code), oneLine(message));
    }
  } catch {
    // not JSON: a proxy, or MLflow's own HTML pages
  }
  return new ResponseError(status, undefined, /^\s*</.test(body) ? '' : oneLine(body));
}

/** Any will do. */
const SCHEME = 'any';

/** Short enough for a message, and without the secrets of URIs quoted in it. */
function oneLine(text: string): string {
  // begins behind the scheme: searching for schemes takes quadratic time in one long word
  const clean = text.replace(/:\/\/[^\s'"<>]+/g, (rest) => displayedUri(SCHEME + rest).slice(SCHEME.length));
  const line = clean.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
