import { type HttpResponse, header } from './response.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** These keep the method of a POST; after the others clients send a GET, which MLflow's searches reject. */
const KEEPS_METHOD: ReadonlySet<number> = new Set([307, 308]);

/** The most redirects of one request. */
const MAX_REDIRECTS = 5;

/** Why a redirect is not followed. */
export type RedirectProblem = 'disabled' | 'other origin' | 'other method' | 'too many' | 'invalid URL';

/** A redirect that is not followed; retrying does not help. */
export class RedirectError extends Error {
  override readonly name = 'NotFollowed';

  constructor(
    readonly reason: RedirectProblem,
    readonly status: number,
    /** Where it leads; undefined if that is not a URL. */
    readonly target: URL | undefined,
  ) {
    super(`a redirect (${status}) is not followed: ${reason}`);
  }
}

/** What decides about a redirect besides the response. */
export interface Hop {
  readonly method: 'GET' | 'POST';
  /** How many have been followed for this request. */
  readonly followed: number;
  /** MLFLOW_ALLOW_HTTP_REDIRECTS */
  readonly allowed: boolean;
}

/**
 * Where to send the request instead; undefined if the response is not a redirect. Only within one origin: another origin is
 * not the server that the user named. Throws {@link RedirectError}.
 */
export function redirectOf(response: Pick<HttpResponse, 'status' | 'headers' | 'url'>, hop: Hop): URL | undefined {
  const { status, url } = response;
  const location = header(response, 'location');
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const reason = problemOf(target, response, hop);
  if (reason !== undefined || target === undefined) throw new RedirectError(reason ?? 'invalid URL', status, target);
  return target;
}

function problemOf(
  target: URL | undefined,
  { status, url }: Pick<HttpResponse, 'status' | 'url'>,
  { method, followed, allowed }: Hop,
): RedirectProblem | undefined {
  if (target === undefined) return 'invalid URL';
  if (target.origin !== url.origin) return 'other origin';
  if (!allowed) return 'disabled';
  if (method === 'POST' && !KEEPS_METHOD.has(status)) return 'other method';
  return followed >= MAX_REDIRECTS ? 'too many' : undefined;
}
