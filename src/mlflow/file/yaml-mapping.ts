import { createRequire } from 'node:module';
import type { CST, LineCounter } from 'yaml';

type Yaml = typeof import('yaml');

let loaded: Yaml | undefined;

/** Loads the `yaml` package on first use: most stores do not need it, and take less time to read than it to load. */
function yaml(): Yaml {
  loaded ??= createRequire(import.meta.url)('yaml') as Yaml;
  return loaded;
}

/** A YAML node under the failsafe schema: every scalar is a string, except a plain `null`. */
export type YamlValue = string | null | readonly YamlValue[] | YamlMapping;

export type YamlMapping = ReadonlyMap<string, YamlValue>;

/**
 * Parses a YAML mapping as in MLflow's files (PyYAML's safe block style). Scalars remain strings, so that a run called `1e5` or an id of 18
 * digits stays what it is. Plain `null`, `~` and nothing are null; quoted `'null'` is a string. Throws an Error with a sentence if the text
 * is not a mapping.
 */
export function parseYamlMapping(text: string): YamlMapping {
  return readSimpleMapping(text) ?? parseAnyMapping(text);
}

const PLAIN_FIRST = String.raw`[A-Za-z0-9/._\p{L}]`;
// without `#` and `: `, which may begin a comment or a nested mapping
const PLAIN_WORD = String.raw`(?:[!"$-9;-~\p{L}\p{N}]|:(?=[!"$-9;-~\p{L}\p{N}]))+`;
const QUOTED_TEXT = String.raw`(?:[ -&(-~\u00A1-\u167F\u1681-\u1FFF\u2030-\u205E\u2070-\uD7FF\uF900-\uFDFF]|'')*`;
const SIMPLE_LINE = new RegExp(
  String.raw`([A-Za-z_]\w*): (?:(?=${PLAIN_FIRST})(${PLAIN_WORD}(?: +${PLAIN_WORD})*)|'(${QUOTED_TEXT})'|(\[\]|\{\}))\n`,
  'uy',
);
const EMPTY_LIST: readonly YamlValue[] = [];
const EMPTY_MAPPING: YamlMapping = new Map();

/**
 * Parses what nearly every meta.yaml consists of: one `key: plain` or `key: 'quoted'` per line, nothing nested, nothing folded. Fifty times
 * as fast as a full YAML parser. Undefined for any other text.
 */
export function readSimpleMapping(text: string): YamlMapping | undefined {
  const fields = new Map<string, YamlValue>();
  SIMPLE_LINE.lastIndex = 0;
  let end = 0;
  while (end < text.length) {
    const match = SIMPLE_LINE.exec(text);
    if (match === null) return undefined;
    end = SIMPLE_LINE.lastIndex;
    const [, key = '', plain, quoted, empty] = match;
    if (plain !== undefined) fields.set(key, isNull(plain) ? null : plain);
    else if (quoted !== undefined) fields.set(key, quoted.includes("''") ? quoted.replaceAll("''", "'") : quoted);
    else fields.set(key, empty === '[]' ? EMPTY_LIST : EMPTY_MAPPING);
  }
  return fields.size === 0 ? undefined : fields;
}

/** Parses any YAML mapping, with the `yaml` package. */
export function parseAnyMapping(text: string): YamlMapping {
  const { Composer, LineCounter, isAlias } = yaml();
  // uniqueKeys: like PyYAML, the last of two equal keys wins
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const lines = new LineCounter();
  const [document, another] = composer.compose(tokensOf(withYaml12Breaks(text), lines));
  if (document === undefined) throw new Error('It is not a mapping of keys to values.');
  if (another !== undefined) throw new Error('It contains more than one document.');
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new Error(`${error.message} at line ${line}, column ${col}`);
  }
  const value = fromNode(document.contents, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined));
  if (!isMapping(value)) throw new Error('It is not a mapping of keys to values.');
  return value;
}

/** MLflow's files nest twice at most and have no aliases; each tag has 7 pieces. */
const MAX_DEPTH = 32;
const MAX_ALIASES = 100;
const MAX_PIECES = 100_000;

/**
 * Parses a text into tokens. The composer then works recursively, and searches for each alias, so depth and number are bounded here.
 * Throws an Error with a sentence beyond a bound.
 */
function tokensOf(text: string, lines: LineCounter): CST.Token[] {
  const { CST, Lexer, Parser } = yaml();
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let pieces = 0;
  let aliases = 0;
  for (const piece of new Lexer().lex(text)) {
    for (const token of parser.next(piece)) tokens.push(token);
    const type = CST.tokenType(piece);
    if (type === 'alias' || type === 'anchor') aliases++;
    if (++pieces > MAX_PIECES) throw new Error(`It has more than ${MAX_PIECES} parts.`);
    if (aliases > MAX_ALIASES) throw new Error(`It has more than ${MAX_ALIASES} anchors and aliases.`);
    if (parser.stack.length > MAX_DEPTH) throw new Error(`It is nested more than ${MAX_DEPTH} deep.`);
  }
  tokens.push(...parser.end());
  return tokens;
}

export function isMapping(value: YamlValue | undefined): value is YamlMapping {
  return value instanceof Map;
}

/**
 * U+2028 and U+2029 are line breaks in YAML 1.1, which PyYAML writes, and plain characters in YAML 1.2. Of several breaks in a row,
 * YAML 1.1 drops the first if it is a newline and keeps all others; YAML 1.2 keeps all newlines but the first.
 */
function withYaml12Breaks(text: string): string {
  if (!/[\u2028\u2029]/.test(text)) return text;
  return text.replace(/([\n\u2028\u2029]+)( *)/g, (found, breaks: string, indent: string) => {
    if (!/[\u2028\u2029]/.test(breaks)) return found;
    const kept = breaks.startsWith('\n') ? breaks.slice(1) : breaks;
    return kept.replace(/\n+/g, (newlines) => `${newlines}\n${indent}`);
  });
}

function fromNode(node: unknown, resolve: (alias: unknown) => unknown): YamlValue {
  const { isAlias, isMap, isScalar, isSeq, Scalar } = yaml();
  if (isScalar(node)) {
    const text = String(node.value ?? '');
    return node.type === Scalar.PLAIN && isNull(text) ? null : text;
  }
  if (isSeq(node)) return node.items.map((item) => fromNode(item, resolve));
  if (isMap(node)) {
    const fields = new Map<string, YamlValue>();
    for (const { key, value } of node.items) {
      const name = fromNode(key, resolve);
      if (typeof name === 'string') fields.set(name, fromNode(value, resolve));
    }
    return fields;
  }
  if (isAlias(node)) {
    const target = resolve(node);
    // only scalars: nested aliases of collections grow exponentially
    return isScalar(target) ? fromNode(target, resolve) : null;
  }
  return null;
}

/** Whether PyYAML resolves a plain scalar to None. */
function isNull(plain: string): boolean {
  return plain === 'null' || plain === '' || plain === '~' || plain === 'Null' || plain === 'NULL';
}
