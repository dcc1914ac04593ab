import { ConvertError } from '../../errors.js';
import { TooLarge } from './answer.js';
import type { HttpClient } from './http-client.js';
import { PageTokens } from './page-tokens.js';
import { type Fields, fields, filled, list } from './wire.js';

/** What is asked for page by page. */
export interface PagedRequest {
  readonly path: string;
  /** All but the page token and the number of items. */
  readonly body: Fields;
  /** How many items are asked for at once. */
  readonly size: number;
  /** The field of the answer that holds the items. */
  readonly items: string;
  /** For sentences. */
  readonly what: string;
  readonly first?: true;
}

/** One page, and the token it was asked for with; '' for the first. */
export interface Page {
  readonly token: string;
  readonly items: readonly Fields[];
}

/** So much is taken of a page that can be made smaller; what a single item may have is the client's own limit. */
const LARGEST_PAGE = 64 * 1024 * 1024;
/** A page that is too large is asked for with so many times fewer items. */
const SMALLER = 8;

/** All pages of a search, in order. Rejects when they do not end. */
export async function* pages(
  client: HttpClient,
  request: PagedRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const tokens = new PageTokens(request.what, client.server.shown);
  let { size } = request;
  for (let token: string | undefined = ''; token !== undefined; ) {
    tokens.next(token);
    const turned: TurnedPage = await page(client, { ...request, size }, token, signal);
    yield { token, items: turned.items };
    token = turned.next;
    size = turned.size;
  }
}

/** A page, the token of the next, and how many items it was asked for in the end. */
interface TurnedPage {
  readonly items: readonly Fields[];
  readonly next: string | undefined;
  readonly size: number;
}

/** The page with a certain token; with fewer items than asked for when they are too large together. */
export async function page(
  client: HttpClient,
  request: PagedRequest,
  token: string,
  signal: AbortSignal,
): Promise<TurnedPage> {
  const { path, items, what, first } = request;
  for (let { size } = request; ; ) {
    const body = { ...request.body, max_results: size, ...(token !== '' && { page_token: token }) };
    const limit = size > 1 ? { most: LARGEST_PAGE } : {};
    try {
      const answer = fields(await client.json({ path, body, what, ...limit, ...(first && { first }) }, signal));
      return { items: list(answer[items]), next: filled(answer.next_page_token), size };
    } catch (cause) {
      if (size === 1 || !isTooLarge(cause)) throw cause;
      size = Math.ceil(size / SMALLER);
    }
  }
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof ConvertError && cause.cause instanceof TooLarge;
}
