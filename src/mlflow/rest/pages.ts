import { ConvertError } from '../../errors.js';
import type { HttpClient } from './http-client.js';
import { type Fields, fields, filled, list } from './wire.js';

/** What is asked for page by page. */
export interface PagedRequest {
  readonly path: string;
  /** All but the page token. */
  readonly body: Fields;
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

/**
 * All pages of a search, in order. A token that has been there before is an error: the server would go round for ever.
 */
export async function* pages(
  client: HttpClient,
  request: PagedRequest,
  signal: AbortSignal,
): AsyncGenerator<Page, void, void> {
  const seen = new Set<string>();
  for (let token: string | undefined = ''; token !== undefined; ) {
    if (seen.has(token)) {
      throw new ConvertError('skip-run', `The server lists ${request.what} without end: a page token came twice.`, {
        where: client.server.shown,
      });
    }
    seen.add(token);
    const { items, next }: { items: Fields[]; next: string | undefined } = await page(client, request, token, signal);
    yield { token, items };
    token = next;
  }
}

/** The page with a certain token, and the token of the next. */
export async function page(
  client: HttpClient,
  request: PagedRequest,
  token: string,
  signal: AbortSignal,
): Promise<{ items: Fields[]; next: string | undefined }> {
  const { path, body, items, what, first } = request;
  const asked = token === '' ? body : { ...body, page_token: token };
  const answer = fields(await client.json({ path, body: asked, what, ...(first && { first }) }, signal));
  return { items: list(answer[items]), next: filled(answer.next_page_token) };
}
