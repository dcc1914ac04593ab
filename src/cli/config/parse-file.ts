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
  /** The key in whose mapping it stands, which is to be a command. */
  readonly section?: string;
}

/**
 * The keys and values of a configuration file, a YAML mapping, and sentences about what cannot be understood, in the order of the
 * file. Values are the texts that stand there: `1e3` and `007` are no numbers yet. Tags and aliases are refused.
 */
export function* parseFile({ path, text }: ConfigFile): Generator<FileEntry | string> {
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
  for (const pair of contents.items) {
    if (!yaml.isMap(pair.value) || !yaml.isScalar(pair.key)) {
      yield toEntry(yaml, pair, place(pair.key));
      continue;
    }
    const section = String(pair.key.value);
    for (const inner of pair.value.items) {
      const entry = toEntry(yaml, inner, place(inner.key));
      yield typeof entry === 'string' ? entry : { ...entry, section };
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
function toEntry(yaml: Yaml, { key, value }: Pair, where: string): FileEntry | string {
  if (!yaml.isScalar(key)) return `${where}: Expected the name of a flag.`;
  const name = String(key.value);
  const items = yaml.isSeq(value) ? value.items : [value];
  const texts: string[] = [];
  for (const item of items) {
    if (item === null || (yaml.isScalar(item) && isEmpty(yaml, item))) {
      return `${where}: ${name} has no value. Remove the line, or give it one.`;
    }
    if (!yaml.isScalar(item)) return `${where}: ${name} takes a value, or a list of values.`;
    texts.push(String(item.value));
  }
  return { key: name, texts, isList: yaml.isSeq(value), where };
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
