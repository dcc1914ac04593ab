import { ConvertError } from '../../errors.js';
import { MAX_PAGE_BYTES } from '../common/bounds.js';
import type { HttpClient } from '../http/http-client.js';
import { ResponseTooLargeError } from '../http/response.js';
import { responseErrorOf } from '../http/response-error.js';
import { PageTokens } from './wire/page-tokens.js';
import { type Fields, fields, filled, list } from './wire/wire.js';

/** A list that is requested page by page. */
export interface PagedRequest {
  readonly path: string;
  /** Everything but the page token and the number of items. */
  readonly body: Fields;
  /** How many items a page has */
  readonly size: number;
  /** The field of the response that has the items. */
  readonly items: string;
  /**
   * Oldest first, so that items created while listing come last and shift no page. Omitted for a server that does not support
   * it.
   */
  readonly orderBy?: readonly (string | Fields)[] | undefined;
  /** The list as messages name it. */
  readonly what: string;
  readonly failFast?: true;
  readonly nonFatal?: true;
}

/** One page, and its token; '' for the first. */
export interface Page {
  readonly token: string;
  readonly items: readonly Fields[];
}

/** A page that is too large is requested again with this many times fewer items. */
const SHRINK_FACTOR = 8;

/** All pages of a list, in order. Rejects if they do not end. */
export async function* fetchPages(
  client: HttpClient,
  request: PagedRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const tokens = new PageTokens(request.what, client.server.shown);
  let current = request;
  for (let token: string | undefined = ''; token !== undefined; ) {
    tokens.next(token);
    const { items, next, size, orderBy }: FetchedPage = await fetchPage(client, current, token, signal);
    yield { token, items };
    token = next;
    current = { ...request, size, orderBy };
  }
}

/** The items of all pages, each once: a list that changes meanwhile may repeat an item on the next page. Skips items without an id. */
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

/** A page, the token of the next, and the request that succeeded. */
interface FetchedPage {
  readonly items: readonly Fields[];
  readonly next: string | undefined;
  readonly size: number;
  readonly orderBy: PagedRequest['orderBy'];
}

/** The page with this token; with fewer items than requested if it would be too large. */
export async function fetchPage(
  client: HttpClient,
  request: PagedRequest,
  token: string,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const { path, items, what, failFast, nonFatal } = request;
  const common = {
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
      const response = fields(await client.json({ ...common, body, ...limit }, signal));
      return { items: list(response[items]), next: filled(response.next_page_token), size, orderBy };
    } catch (cause) {
      if (size > 1 && isTooLarge(cause)) size = Math.ceil(size / SHRINK_FACTOR);
      else if (orderBy !== undefined && token === '' && responseErrorOf(cause)?.status === 400) orderBy = undefined;
      else throw cause;
    }
  }
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof ConvertError && cause.cause instanceof ResponseTooLargeError;
}
