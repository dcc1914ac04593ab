import { createRequire } from 'node:module';
import type { ErrorCode, LineCounter, Node, Pair, Scalar } from 'yaml';
import type { ConfigFile } from './config-file.js';

type Yaml = typeof import('yaml');

/** One key of a configuration file. */
export interface FileEntry {
  readonly key: string;
  /** One text, or those of a list. */
  readonly texts: readonly string[];
  readonly isList: boolean;
  /** The file and line. */
  readonly where: string;
}

/** A key with a mapping of its own. */
export interface FileSection {
  readonly key: string;
  readonly where: string;
  readonly entries: ReadonlyArray<FileEntry | string>;
}

/**
 * The keys and values of a configuration file, a YAML mapping, and sentences about what cannot be understood, in the order of the
 * file. Values are the texts that stand there: `1e3` and `007` are no numbers yet. Tags, anchors and aliases are refused.
 */
export function* parseFile({ path, text }: ConfigFile): Generator<FileEntry | FileSection | string> {
  // loaded on demand: it takes longer than all else that is done before a conversion
  const yaml = createRequire(import.meta.url)('yaml') as Yaml;
  const lines = new yaml.LineCounter();
  const place = (node: unknown): string => whereIs(path, node, lines);
  const document = yaml.parseDocument(text, { ...OPTIONS, lineCounter: lines });
  const [error = document.warnings[0]] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    return yield `${path}:${line}: Not valid YAML: ${WORDS[error.code] ?? sentence(error.message)}`;
  }
  const { contents } = document;
  if (contents === null || (yaml.isScalar(contents) && isEmpty(yaml, contents))) return;
  if (!yaml.isMap(contents)) return yield `${place(contents)}: Expected lines such as "max-artifact-size: 1GB".`;
  for (const { key, value } of contents.items) {
    if (!yaml.isMap(value) || !yaml.isScalar(key)) yield toEntry(yaml, { key, value }, place(key));
    else {
      const entries = value.items.map((inner) => toEntry(yaml, inner, place(inner.key)));
      yield { key: String(key.value), where: place(key), entries };
    }
  }
}

/** Keys that are there twice are told like other problems. */
const OPTIONS = { schema: 'failsafe', uniqueKeys: false, logLevel: 'error', prettyErrors: false } as const;

/** For errors of which the package speaks to programmers. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'There is more than one document.',
  RESOURCE_EXHAUSTION: 'It is nested too deep.',
};

/** An entry, or a sentence that says why there is none. */
function toEntry(yaml: Yaml, { key, value }: Pick<Pair, 'key' | 'value'>, where: string): FileEntry | string {
  if (!yaml.isScalar(key)) return `${where}: Expected the name of a flag.`;
  const name = String(key.value);
  const items = yaml.isSeq(value) ? value.items : [value];
  const texts: string[] = [];
  for (const item of items) {
    const quoted = needsQuotes(yaml, item);
    if (quoted !== undefined)
      return `${where}: ${name} has a value that means something else in YAML: write '${quoted}'.`;
    if (item === null || (yaml.isScalar(item) && isEmpty(yaml, item))) {
      return `${where}: ${name} has no value. Remove the line, or give it one.`;
    }
    if (!yaml.isScalar(item)) return `${where}: ${name} takes a value, or a list of values.`;
    texts.push(String(item.value));
  }
  return { key: name, texts, isList: yaml.isSeq(value), where };
}

/** A value that begins with * or &, for which YAML has a use that a configuration file has not. */
function needsQuotes({ isAlias, isScalar }: Yaml, item: unknown): string | undefined {
  if (isAlias(item)) return `*${item.source}`;
  return isScalar(item) && item.anchor !== undefined ? `&${item.anchor}` : undefined;
}

/** Nothing, or what YAML calls null. */
function isEmpty({ Scalar }: Yaml, { type, value }: Scalar): boolean {
  return type === Scalar.PLAIN && ['', '~', 'null', 'Null', 'NULL'].includes(String(value));
}

function whereIs(path: string, node: unknown, lines: LineCounter): string {
  const start = (node as Node | null)?.range?.[0] ?? 0;
  return `${path}:${lines.linePos(start).line}`;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
