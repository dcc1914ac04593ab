const HEAD = 256 * 1024;
/** CSS pixels. */
const PIXELS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 4 / 3,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  em: 16,
  ex: 8,
};
const PROLOGUE = /^\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^[>]*(?:\[.*?\]\s*)?>)/s;
const ROOT = /^\s*<(?:[\w.-]+:)?svg(?=[\s/>])((?:\s*[^\s=>/"']+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/;

/** The size that an SVG asks for: its width and height, else those of its view box, else what browsers take. */
export function svgSize(data: Buffer): { readonly width: number; readonly height: number } | undefined {
  const isUtf16 = data[0] === 0xff && data[1] === 0xfe;
  let text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(data.subarray(0, HEAD));
  for (let found = PROLOGUE.exec(text); found !== null; found = PROLOGUE.exec(text)) text = text.slice(found[0].length);
  const root = ROOT.exec(text)?.[1];
  if (root === undefined) return undefined;
  const attributes = new Map(
    [...root.matchAll(/([^\s=>/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, a, b]) => [name!, a ?? b!]),
  );
  const box = viewBox(attributes.get('viewBox'));
  const [width, height] = [length(attributes.get('width')), length(attributes.get('height'))];
  const ratio = box && box.width / box.height;
  return {
    width: bounded(width ?? (ratio && height !== undefined ? height * ratio : box?.width) ?? 300),
    height: bounded(height ?? (ratio && width !== undefined ? width / ratio : box?.height) ?? 150),
  };
}

function viewBox(text: string | undefined): { readonly width: number; readonly height: number } | undefined {
  const numbers = text?.trim().split(/[\s,]+/) ?? [];
  const [width, height] = [length(numbers[2]), length(numbers[3])];
  return numbers.length === 4 && width !== undefined && height !== undefined ? { width, height } : undefined;
}

/** In pixels; undefined for what is relative, or none. */
function length(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^\+?((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z]*)$/i.exec(text?.trim() ?? '') ?? [];
  const pixels = Number(number) * (PIXELS[unit.toLowerCase()] ?? Number.NaN);
  return pixels > 0 && Number.isFinite(pixels) ? pixels : undefined;
}

function bounded(pixels: number): number {
  return Math.min(Math.max(Math.round(pixels), 1), 2 ** 31 - 1);
}
