import type { RunSearch } from '../common/run-search.js';
import { FilterMatcher } from './filter-matcher.js';
import { parseFilter } from './filter-parser.js';
import type { LikeStyle } from './like.js';

/** The filters of searches, each read once. */
export class SearchMatchers {
  readonly #known = new WeakMap<RunSearch, FilterMatcher>();

  constructor(private readonly style: LikeStyle) {}

  /** Undefined for a search without a filter. Throws a `fatal` error for one that is wrong. */
  of(search: RunSearch): FilterMatcher | undefined {
    if (search.filter === undefined) return undefined;
    const matcher = this.#known.get(search) ?? new FilterMatcher(parseFilter(search.filter), this.style);
    this.#known.set(search, matcher);
    return matcher;
  }
}
