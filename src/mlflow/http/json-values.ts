const [QUOTE, BACKSLASH, COMMA, OPEN_OBJECT, OPEN_LIST] = [0x22, 0x5c, 0x2c, 0x7b, 0x5b];

/**
 * About how many values a JSON text has: V8's memory depends on their number, not on their length (`{},` has 3 bytes, the object
 * 56).
 */
export function countValues(json: Uint8Array): number {
  let values = 1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at + 1);
    else if (byte === COMMA || byte === OPEN_OBJECT || byte === OPEN_LIST) values++;
  }
  return values;
}

/** The index of the closing quote. */
function endOfString(json: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = json.indexOf(QUOTE, at);
    if (at < 0) return json.length;
    let escapes = 0;
    while (json[at - 1 - escapes] === BACKSLASH && at - 1 - escapes >= from) escapes++;
    if (escapes % 2 === 0) return at;
  }
}
