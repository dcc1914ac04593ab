import { type HttpResponse, header } from './response.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What keeps the method of a POST; after the others clients send a GET, which no search of MLflow understands. */
const KEEPS_METHOD: ReadonlySet<number> = new Set([307, 308]);

/** The most redirects one after the other. */
export const MOST_REDIRECTS = 5;

/** Why a redirect is not followed. */
export type RedirectTrouble = 'switched off' | 'elsewhere' | 'another method' | 'without end' | 'no URL';

/** A redirect that is not followed: final. */
export class RedirectError extends Error {
  override readonly name = 'NotFollowed';

  constructor(
    readonly trouble: RedirectTrouble,
    readonly status: number,
    /** Where it leads; absent when that is no URL. */
    readonly target: URL | undefined,
  ) {
    super(`a redirect (${status}) is not followed: ${trouble}`);
  }
}

/** What decides about a redirect besides the answer. */
export interface Hop {
  readonly method: 'GET' | 'POST';
  /** How many have been followed for this request. */
  readonly followed: number;
  /** MLFLOW_ALLOW_HTTP_REDIRECTS */
  readonly allowed: boolean;
}

/**
 * Where the request is to be sent instead; undefined when the answer is none that redirects. Only within one origin: another one
 * is not the server that the user has named. Throws {@link RedirectError}.
 */
export function redirectOf(answer: Pick<HttpResponse, 'status' | 'headers' | 'url'>, hop: Hop): URL | undefined {
  const { status, url } = answer;
  const location = header(answer, 'location');
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const trouble = troubleOf(target, answer, hop);
  if (trouble !== undefined || target === undefined) throw new RedirectError(trouble ?? 'no URL', status, target);
  return target;
}

function troubleOf(
  target: URL | undefined,
  { status, url }: Pick<HttpResponse, 'status' | 'url'>,
  { method, followed, allowed }: Hop,
): RedirectTrouble | undefined {
  if (target === undefined) return 'no URL';
  if (target.origin !== url.origin) return 'elsewhere';
  if (!allowed) return 'switched off';
  if (method === 'POST' && !KEEPS_METHOD.has(status)) return 'another method';
  return followed >= MOST_REDIRECTS ? 'without end' : undefined;
}
