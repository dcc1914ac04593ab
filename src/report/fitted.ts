import { DEFAULT_COLUMNS, type TerminalStream } from './live-block.js';
import { wrapped } from './text-width.js';

/** The columns that lines may take on a stream. Only a terminal has a width: in a file or a pipe, a sentence stays on its line. */
export function columnsOf({ isTTY, columns }: TerminalStream): number {
  return isTTY === true ? columns || DEFAULT_COLUMNS : Number.POSITIVE_INFINITY;
}

/** Breaks lines between words where they would not fit; what goes on is indented by two more than its line. */
export function fitted(lines: readonly string[], stream: TerminalStream): string[] {
  const columns = columnsOf(stream);
  return lines.flatMap((line) => wrapped(line, columns, (/^ */.exec(line)?.[0].length ?? 0) + 2));
}
