import type { TerminalStream } from '../../src/report/live-block.js';

/**
 * A terminal of narrow characters: what is on it after what was written. It wraps long lines as terminals do, and wraps
 * them anew when it is resized.
 */
export class Screen implements TerminalStream {
  readonly isTTY = true;
  columns: number;
  rows: number;
  writes: string[] = [];
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.writes.push(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are made of.
    for (const [token] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/gu)) this.#take(token);
    return true;
  }

  /** What can be read, without the spaces at the end. */
  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** As if the user had dragged the window; only narrower, and with the cursor at the end of what is there. */
  narrow(columns: number): void {
    this.columns = columns;
    this.#lines = this.#lines.flatMap((line) => line.trimEnd().match(new RegExp(`.{1,${columns}}`, 'gu')) ?? ['']);
    this.#row = this.#lines.length - 1;
    this.#column = this.#lines.at(-1)!.length;
  }

  #take(token: string): void {
    if (token === '\n') this.#newLine();
    else if (token === '\r') this.#column = 0;
    else if (token.startsWith('\x1b')) this.#control(token.at(-1)!, Number(token.slice(2, -1) || 1));
    else this.#put(token);
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.#lines[this.#row] ??= '';
  }

  #control(command: string, amount: number): void {
    if (command === 'A') this.#row = Math.max(0, this.#row - amount);
    else if (command === 'K' || command === 'J') {
      this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
      if (command === 'J') this.#lines.length = this.#row + 1;
    } else if (command !== 'm') throw new Error(`This terminal does not know ${command}.`);
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.#newLine();
    const line = this.#lines[this.#row]!.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += 1;
  }
}
