import { textWidth, truncate } from './text-width.js';

/** A stream that may be a terminal: what `process.stderr` is. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

const ERASE_TO_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/**
 * Some lines at the bottom of a terminal that are drawn again in place, with other lines printed above them.
 *
 * The cursor rests at the end of the last line. Every change is one write, so nothing flickers and nothing comes
 * between. Our own rather than cli-progress: that knows nothing of wide characters nor of a terminal that was
 * resized, and switches line wrapping off, which stays off when the process is killed.
 */
export class LiveBlock {
  readonly #stream: TerminalStream;
  #drawn: readonly string[] = [];

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || DEFAULT_COLUMNS;
  }

  get rows(): number {
    return this.#stream.rows || DEFAULT_ROWS;
  }

  /** Puts `lines` in the place of those drawn before; each is cut to the width of the terminal. */
  draw(lines: readonly string[]): void {
    // One column stays free: a line that fills the last one makes some terminals wrap and others not.
    const cut = lines.map((line) => truncate(line, this.columns - 1));
    if (cut.length === this.#drawn.length && cut.every((line, index) => line === this.#drawn[index])) return;
    this.#stream.write(this.#home() + joinErased(cut));
    this.#drawn = cut;
  }

  /** Prints a line above the block, where it stays. */
  print(line: string): void {
    this.#stream.write(`${this.#erase()}${line}\n${joinErased(this.#drawn)}`);
  }

  /** Takes the block away; the next {@link draw} puts it where the cursor is then. */
  clear(): void {
    if (this.#drawn.length > 0) this.#stream.write(this.#erase());
    this.#drawn = [];
  }

  #erase(): string {
    return this.#drawn.length === 0 ? '' : this.#home() + ERASE_BELOW;
  }

  /** Moves the cursor to the start of the block; a terminal that became narrower since has wrapped its lines. */
  #home(): string {
    if (this.#drawn.length === 0) return '';
    const columns = this.columns;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
    return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r';
  }
}

function joinErased(lines: readonly string[]): string {
  return lines.length === 0 ? '' : lines.map((line) => line + ERASE_TO_LINE_END).join('\n') + ERASE_BELOW;
}
