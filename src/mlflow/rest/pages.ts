import { ConvertError } from '../../errors.js';
import { MAX_PAGE_BYTES } from '../common/bounds.js';
import type { HttpClient } from '../http/http-client.js';
import { ResponseTooLargeError } from '../http/response.js';
import { responseErrorOf } from '../http/response-error.js';
import { PageTokens } from './wire/page-tokens.js';
import { type Fields, fields, filled, list } from './wire/wire.js';

/** What is asked for page by page. */
export interface PagedRequest {
  readonly path: string;
  /** All but the page token and the number of items. */
  readonly body: Fields;
  /** How many items are asked for"none" */
  readonly size: number;
  /** The field of the answer that holds the items. */
  readonly items: string;
  /**
   * Which come first: oldest first, so that what is made while one lists comes last and shifts no page. Left out where a server
   * does not know it.
   */
  readonly orderBy?: readonly (string | Fields)[] | undefined;
  /** For sentences. */
  readonly what: string;
  readonly failFast?: true;
  readonly nonFatal?: true;
}

/** One page, and the token it was asked for with; '' for the first. */
export interface Page {
  readonly token: string;
  readonly items: readonly Fields[];
}

/** A page that is too large is asked for with so many times fewer items. */
const SMALLER = 8;

/** All pages of a search, in order. Rejects when they do not end. */
export async function* fetchPages(
  client: HttpClient,
  request: PagedRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const tokens = new PageTokens(request.what, client.server.shown);
  let asked = request;
  for (let token: string | undefined = ''; token !== undefined; ) {
    tokens.next(token);
    const { items, next, size, orderBy }: TurnedPage = await fetchPage(client, asked, token, signal);
    yield { token, items };
    token = next;
    asked = { ...request, size, orderBy };
  }
}

/** What is listed, each item once: a list that grows or shrinks meanwhile may show one again on the next page. Items without an id are left out. */
export async function* fetchItems(
  client: HttpClient,
  request: PagedRequest,
  idOf: (item: Fields) => string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Fields, void, void> {
  const seen = new Set<string>();
  for await (const page of fetchPages(client, request, signal)) {
    for (const item of page.items) {
      const id = idOf(item);
      if (id === undefined || seen.has(id)) continue;
      seen.add(id);
      yield item;
    }
  }
}

/** A page, the token of the next, and how many items it was asked for in the end. */
interface TurnedPage {
  readonly items: readonly Fields[];
  readonly next: string | undefined;
  readonly size: number;
  readonly orderBy: PagedRequest['orderBy'];
}

/** The page with a certain token; with fewer items than asked for when they are too large together. */
export async function fetchPage(
  client: HttpClient,
  request: PagedRequest,
  token: string,
  signal: AbortSignal,
): Promise<TurnedPage> {
  const { path, items, what, failFast, nonFatal } = request;
  const asked = {
    path,
    what,
    ...(failFast && { failFast }),
    ...(nonFatal && { nonFatal, retries: 'few after 500' as const }),
  };
  let { size, orderBy } = request;
  for (;;) {
    const order = orderBy && { order_by: orderBy };
    const body = { ...request.body, max_results: size, ...order, ...(token !== '' && { page_token: token }) };
    const limit = size > 1 ? { maxBytes: MAX_PAGE_BYTES } : {};
    try {
      const answer = fields(await client.json({ ...asked, body, ...limit }, signal));
      return { items: list(answer[items]), next: filled(answer.next_page_token), size, orderBy };
    } catch (cause) {
      if (size > 1 && isTooLarge(cause)) size = Math.ceil(size / SMALLER);
      else if (orderBy !== undefined && token === '' && responseErrorOf(cause)?.status === 400) orderBy = undefined;
      else throw cause;
    }
  }
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof ConvertError && cause.cause instanceof ResponseTooLargeError;
}
