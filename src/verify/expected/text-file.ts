/** A text as Aim has to have it, and whether something in it had to be replaced. */
export interface ExpectedText {
  readonly text: string;
  readonly isReplaced: boolean;
}

/**
 * The text of a file (docs/mapping.md, "Artifacts"): UTF-8, of which a byte order mark stays; UTF-32 or UTF-16 where a byte order mark
 * says so, which goes; otherwise UTF-8 with U+FFFD for what is none.
 */
export function textOf(bytes: Uint8Array): ExpectedText {
  return (
    strictly('utf-8', bytes, true) ??
    utf32(bytes) ??
    utf16(bytes) ?? { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isReplaced: true }
  );
}

function strictly(encoding: string, bytes: Uint8Array, keepsMark: boolean): ExpectedText | undefined {
  try {
    return { text: new TextDecoder(encoding, { fatal: true, ignoreBOM: keepsMark }).decode(bytes), isReplaced: false };
  } catch {
    return undefined;
  }
}

function utf16(bytes: Uint8Array): ExpectedText | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) return undefined;
  const pairs = bytes.subarray(0, bytes.length - (bytes.length % 2));
  const cut = pairs.length < bytes.length ? '\ufffd' : '';
  return strictly(encoding, bytes, false) ?? { text: new TextDecoder(encoding).decode(pairs) + cut, isReplaced: true };
}

/** Only a file that is nothing but characters: its mark may be that of UTF-16 before a NUL. */
function utf32(bytes: Uint8Array): ExpectedText | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || bytes.length % 4 !== 0) return undefined;
  const isLittle = view.getUint32(0, true) === 0xfeff;
  if (!isLittle && view.getUint32(0) !== 0xfeff) return undefined;
  const characters: string[] = [];
  for (let at = 4; at < bytes.length; at += 4) {
    const code = view.getUint32(at, isLittle);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    characters.push(String.fromCodePoint(code));
  }
  return { text: characters.join(''), isReplaced: false };
}

/** The lines of a terminal log, as HTML: Aim draws them as such. */
export function logLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.replace(/[&<]/g, (char) => (char === '&' ? '&amp;' : '&lt;')));
}
