/** An integer that a double cannot hold for sure, or a token of Python's `json` that is none of JSON's, and no string. */
const RISKY = /(?<![\d.eE+"\w-])-?(?:\d{16,}(?![\d.eE])|NaN|Infinity)/;
const STRING_OR_RISKY = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|-?Infinity|NaN/g;

/**
 * Parses JSON as Python writes it. Integers of 16 digits and more and the bare tokens NaN, Infinity and -Infinity become
 * strings, as MLflow's protobuf endpoints write such numbers themselves. Throws a SyntaxError.
 */
export function exactJson(text: string): unknown {
  if (!RISKY.test(text)) return JSON.parse(text);
  return JSON.parse(
    text.replace(STRING_OR_RISKY, (token) => (token[0] !== '"' && RISKY.test(token) ? `"${token}"` : token)),
  );
}
