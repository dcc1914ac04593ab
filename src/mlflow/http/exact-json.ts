/** An integer that a double cannot hold for sure, or a token of Python's `json` that is none of JSON's, and no string. */
const RISKY = /(?<![\d.eE+"\w-])-?(?:\d{16,}(?![\d.eE])|NaN|Infinity)/;
/** A string that does not end goes to the end: looking for it again behind each quote would take quadratic time. */
const STRING_OR_RISKY = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?\d[\d.eE+-]*|-?Infinity|NaN/gs;

/** An answer that is no JSON, or not the JSON that was expected. */
export class MalformedJsonError extends SyntaxError {
  override readonly name = 'Malformed';

  constructor(
    message: string,
    /** Whether it ends too soon. */
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
    // an object or a list that does not end as one was cut
    throw new MalformedJsonError(cause instanceof Error ? cause.message : String(cause), !/[}\]]\s*$/.test(text));
  }
}
