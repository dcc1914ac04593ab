import { ConvertError } from '../../../errors.js';
import { MAX_PAGES } from '../../common/bounds.js';

/** The page tokens of one list, to notice a server whose pages never end. */
export class PageTokens {
  readonly #seen = new Set<string>();

  /**
   * @param what is listed, as messages name it
   * @param where the server, without credentials
   */
  constructor(
    private readonly what: string,
    private readonly where: string,
  ) {}

  /** Call it before each page is requested. Throws `skip-run` if this page was requested before, or if there are too many. */
  next(token: string): void {
    if (this.#seen.has(token)) throw this.#endless('a page token was repeated');
    if (this.#seen.size === MAX_PAGES) throw this.#endless(`more than ${MAX_PAGES} pages`);
    this.#seen.add(token);
  }

  #endless(reason: string): ConvertError {
    return new ConvertError('skip-run', 'bad-response', `The server's list of ${this.what} does not end: ${reason}.`, {
      where: this.where,
    });
  }
}
