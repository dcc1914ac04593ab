import { createRequire } from 'node:module';

type Yaml = typeof import('yaml');

let loaded: Yaml | undefined;

/** The `yaml` package, which takes longer to load than most stores to read, and which most stores do not need. */
function yaml(): Yaml {
  loaded ??= createRequire(import.meta.url)('yaml') as Yaml;
  return loaded;
}

/** What a YAML node is under the failsafe schema: every scalar stays a string, except a plain `null`. */
export type YamlValue = string | null | readonly YamlValue[] | YamlMapping;

export type YamlMapping = ReadonlyMap<string, YamlValue>;

/**
 * Reads a YAML mapping as MLflow's files hold it (PyYAML's safe block style). Scalars are kept as strings, so that a
 * run called `1e5` or an id of 18 digits stays what it is; plain `null`, `~` and nothing are null, quoted `'null'` is
 * a string. Throws an Error with a sentence when the text is no mapping.
 */
export function parseYamlMapping(text: string): YamlMapping {
  return readSimpleMapping(text) ?? parseAnyMapping(text);
}

const PLAIN_FIRST = String.raw`[A-Za-z0-9/._\p{L}]`;
// No `#` and no `: `, which could begin a comment or a nested mapping.
const PLAIN_WORD = String.raw`(?:[!"$-9;-~\p{L}\p{N}]|:(?=[!"$-9;-~\p{L}\p{N}]))+`;
const QUOTED_TEXT = String.raw`(?:[ -&(-~\u00A1-\u167F\u1681-\u1FFF\u2030-\u205E\u2070-\uD7FF\uF900-\uFDFF]|'')*`;
const SIMPLE_LINE = new RegExp(
  String.raw`([A-Za-z_]\w*): (?:(?=${PLAIN_FIRST})(${PLAIN_WORD}(?: +${PLAIN_WORD})*)|'(${QUOTED_TEXT})'|(\[\]|\{\}))\n`,
  'uy',
);
const EMPTY_LIST: readonly YamlValue[] = [];
const EMPTY_MAPPING: YamlMapping = new Map();

/**
 * The shape nearly every `meta.yaml` has: one `key: plain` or `key: 'quoted'` a line, nothing nested, nothing folded.
 * Fifty times as fast as a whole YAML parser; returns `undefined` for a text that holds anything else.
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

/** Any YAML mapping, through the `yaml` package. */
export function parseAnyMapping(text: string): YamlMapping {
  const { isAlias, parseDocument } = yaml();
  // uniqueKeys: like PyYAML, the last of two equal keys wins
  const document = parseDocument(withYaml12Breaks(text), { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message.split('\n', 1)[0]);
  const value = fromNode(document.contents, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined));
  if (!isMapping(value)) throw new Error('It holds no mapping of keys to values.');
  return value;
}

export function isMapping(value: YamlValue | undefined): value is YamlMapping {
  return value instanceof Map;
}

/**
 * U+2028 and U+2029 are line breaks in YAML 1.1, which PyYAML writes, and plain characters in YAML 1.2. Of breaks in a row
 * YAML 1.1 drops the first when it is a newline, and keeps all others; YAML 1.2 keeps all newlines but the first.
 */
function withYaml12Breaks(text: string): string {
  return text.replace(/([\n\u2028\u2029]*[\u2028\u2029]\n*)( *)/g, (_, breaks: string, indent: string) => {
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
    // only scalars: aliases of collections can be made to grow without bound
    return isScalar(target) ? fromNode(target, resolve) : null;
  }
  return null;
}

/** As PyYAML resolves a plain scalar. */
function isNull(plain: string): boolean {
  return plain === 'null' || plain === '' || plain === '~' || plain === 'Null' || plain === 'NULL';
}
