/**
 * How deep a text may be nested, and how many values it may hold, to become values in Aim, where each of them is an entry of
 * its own. CPython's tokenizer refuses more open brackets than that; the lists that people log have some thousand values.
 */
export const MAX_DEPTH = 200;
export const MAX_VALUES = 100_000;
