import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';

/**
 * How a module refers to another: by a `value` that it needs in order to run, by a `type` that is gone after compilation, or
 * `lazy`, which loads it only when that line is reached (`import()`, `require()`, the URL of a thread).
 */
export type ImportKind = 'value' | 'type' | 'lazy';

export interface Import {
  /** A file below `src/`, or a package. */
  readonly target: string;
  readonly kind: ImportKind;
}

/** What each file below `src/` imports, by its path there: `aim/hash.ts`. */
export type ModuleGraph = ReadonlyMap<string, readonly Import[]>;

/** The modules of this project. */
export function moduleGraph(): ModuleGraph {
  const source = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return new Map(files.sort().map((file) => [file, importsOf(file, readFileSync(posix.join(source, file), 'utf8'))]));
}

/** What the text of a module imports. */
export function importsOf(file: string, text: string): readonly Import[] {
  const imports: Import[] = [];
  const add = (kind: ImportKind, target: unknown) => {
    if (isString(target)) imports.push({ target: resolve(file, target.value), kind });
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2022' }).body, (node) => {
    if (node.source !== undefined) add(isOfTypes(node) ? 'type' : 'value', node.source);
    if (node.type === 'TsImportType') add('type', node.argument);
    if (loadsLater(node)) add('lazy', firstArgument(node));
  });
  return imports;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function visit(tree: unknown, each: (node: Node) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (isNode(tree)) each(tree);
  for (const part of Object.values(tree)) visit(part, each);
}

function isNode(tree: object): tree is Node {
  return 'type' in tree && typeof tree.type === 'string';
}

function isString(node: unknown): node is { readonly value: string } {
  return typeof node === 'object' && node !== null && isNode(node) && node.type === 'StringLiteral';
}

/** Whether nothing of an import or export is left after compilation. */
function isOfTypes({ typeOnly, specifiers }: Node): boolean {
  if (typeOnly === true) return true;
  const names = (specifiers ?? []) as readonly { readonly isTypeOnly?: boolean }[];
  return names.length > 0 && names.every(({ isTypeOnly }) => isTypeOnly === true);
}

/** `import('…')`, `require('…')`, `createRequire(…)('…')` and `new URL('…', import.meta.url)`. */
function loadsLater(node: Node): boolean {
  const callee = node.callee as Node | undefined;
  if (callee === undefined) return false;
  if (node.type === 'NewExpression') return callee.value === 'URL' && isTheModule(node);
  if (callee.type === 'CallExpression') return (callee.callee as Node).value === 'createRequire';
  return callee.type === 'Import' || callee.value === 'require';
}

/** Whether a URL is meant relative to the module, and names another one. */
function isTheModule(node: Node): boolean {
  const target = firstArgument(node);
  return isString(target) && target.value.startsWith('.') && target.value.endsWith('.js');
}

function firstArgument(node: Node): unknown {
  return (node.arguments as readonly { readonly expression: unknown }[] | null)?.[0]?.expression;
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return packageName(specifier);
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

/** `@scope/name` of `@scope/name/some/file.js`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The room of a file: its directory, or the file itself where it lies loose in `src/`. */
export function roomOf(file: string): string {
  const directory = posix.dirname(file);
  return directory === '.' ? file : directory;
}
