import { ConvertError } from '../../../errors.js';
import { MAX_PAGES } from '../../common/bounds.js';

/** The tokens of the pages of one list, to notice a server that turns them for ever. */
export class PageTokens {
  readonly #seen = new Set<string>();

  /**
   * @param what is listed, for a sentence
   * @param where the server, without credentials
   */
  constructor(
    private readonly what: string,
    private readonly where: string,
  ) {}

  /** To be told of each page before it is asked for. Throws `skip-run` when this one was there before, or there are too many. */
  next(token: string): void {
    if (this.#seen.has(token)) throw this.#endless('a page token came twice');
    if (this.#seen.size === MAX_PAGES) throw this.#endless(`more than ${MAX_PAGES} pages`);
    this.#seen.add(token);
  }

  #endless(reason: string): ConvertError {
    return new ConvertError('skip-run', 'bad-response', `The server lists ${this.what} without end: ${reason}.`, {
      where: this.where,
    });
  }
}
