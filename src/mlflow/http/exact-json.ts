/** Outside of strings: an integer that a double may not hold, or a token of Python's `json` that is not JSON. */
const RISKY = /(?<![\d.eE+"\w-])-?(?:\d{16,}(?![\d.eE])|NaN|Infinity)/;
/** An unterminated string extends to the end: retrying behind each quote would take quadratic time. */
const STRING_OR_RISKY = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*|-?Infinity|NaN/gs;

/** A response that is not JSON, or not the expected JSON. */
export class MalformedJsonError extends SyntaxError {
  override readonly name = 'Malformed';

  constructor(
    message: string,
    /** Whether it ends too early. */
    readonly cut: boolean,
  ) {
    super(message);
  }
}

/**
 * Parses JSON as Python writes it. Integers of 16 digits and more and the bare tokens NaN, Infinity and -Infinity become
 * strings, as MLflow's protobuf endpoints write such numbers themselves. Throws {@link MalformedJsonError}.
 */
export function exactJson(text: string): unknown {
  const safe = RISKY.test(text)
    ? text.replace(STRING_OR_RISKY, (token) => (token[0] !== '"' && RISKY.test(token) ? `"${token}"` : token))
    : text;
  try {
    return JSON.parse(safe);
  } catch (cause) {
    // an object or list without its closing bracket was cut
    throw new MalformedJsonError(cause instanceof Error ? cause.message : String(cause), !/[}\]]\s*$/.test(text));
  }
}
