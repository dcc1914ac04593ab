import type { ImageHeader } from '../../model.js';

/** The root element of an SVG stands within this many bytes; a longer prologue has not been seen. */
const HEAD = 256 * 1024;

/** What may stand before the root element. Each is found by its first characters and passed over up to its end. */
const PROLOGUE = [/<\?.*?\?>/sy, /<!--.*?-->/sy, /<!DOCTYPE[^[>]*(?:\[.*?\]\s*)?>/sy];
const SPACE = /\s*/y;
const ROOT = /<(?:[\w.-]+:)?svg(?=[\s/>])/y;
const ATTRIBUTE = /\s*([^\s=>/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;

/** CSS pixels. */
const UNITS = new Map([
  ['', 1],
  ['px', 1],
  ['pt', 96 / 72],
  ['pc', 16],
  ['in', 96],
  ['cm', 96 / 2.54],
  ['mm', 96 / 25.4],
  ['em', 16],
  ['ex', 8],
]);
const LENGTH = /^\+?(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)([a-z]*)$/i;

/** What browsers take for an image that says nothing of its size. */
const DEFAULT = { width: 300, height: 150 };

/**
 * The size that an SVG's root element asks for: its width and height; where one of them is missing or relative, the
 * view box gives it; else what browsers take. At least 1 × 1.
 */
export function readSvgHeader(data: DataView): ImageHeader | undefined {
  const attributes = rootAttributes(decodeHead(data));
  if (attributes === undefined) return undefined;
  const box = viewBox(attributes.get('viewBox'));
  let width = pixels(attributes.get('width'));
  let height = pixels(attributes.get('height'));
  if (box !== undefined) {
    if (width === undefined && height === undefined) ({ width, height } = box);
    width ??= (height! * box.width) / box.height;
    height ??= (width * box.height) / box.width;
  }
  return {
    width: atLeastOne(width ?? DEFAULT.width),
    height: atLeastOne(height ?? DEFAULT.height),
    format: 'svg+xml',
    mode: 'RGBA',
  };
}

function decodeHead(data: DataView): string {
  const head = new Uint8Array(data.buffer, data.byteOffset, Math.min(HEAD, data.byteLength));
  const encoding = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(head);
}

/** The attributes of the root element; undefined when it is none of SVG. */
function rootAttributes(text: string): ReadonlyMap<string, string> | undefined {
  let at = 0;
  const pass = (expression: RegExp) => {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match !== null) at = expression.lastIndex;
    return match;
  };
  do pass(SPACE);
  while (PROLOGUE.some(pass));
  if (pass(ROOT) === null) return undefined;

  const attributes = new Map<string, string>();
  for (let match = pass(ATTRIBUTE); match !== null; match = pass(ATTRIBUTE)) {
    attributes.set(match[1]!, match[2] ?? match[3]!);
  }
  pass(SPACE);
  return pass(/\/?>/y) === null ? undefined : attributes;
}

function pixels(length: string | undefined): number | undefined {
  const match = LENGTH.exec(length?.trim() ?? '');
  const unit = match === null ? undefined : UNITS.get(match[2]!.toLowerCase());
  const value = unit === undefined ? 0 : Number(match![1]) * unit;
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

function viewBox(text: string | undefined): { width: number; height: number } | undefined {
  const numbers = text?.trim().split(/[\s,]+/) ?? [];
  const [width, height] = [pixels(numbers[2]), pixels(numbers[3])];
  return numbers.length === 4 && width !== undefined && height !== undefined ? { width, height } : undefined;
}

/** Whole pixels, and few enough to be an integer anywhere. */
function atLeastOne(value: number): number {
  return Math.min(Math.max(Math.round(value), 1), 2 ** 31 - 1);
}
