import { fitted } from './fitted.js';
import type { LiveBlock, TerminalStream } from './live-block.js';
import { printable } from './text-width.js';

const COLORS = { warning: '\x1b[33m', error: '\x1b[31m', note: '\x1b[36m' } as const;
const RESET = '\x1b[39m';

/** What stands before a line, in its color. */
export type Label = keyof typeof COLORS;

export interface PrinterOptions {
  readonly color: boolean;
  /** Lines begin with the time: those of a watch may come days apart. */
  readonly timed: boolean;
}

/** Prints lines above a live block: broken between words on a terminal, without anything that could steer it, and with the time where that matters. */
export class Printer {
  constructor(
    private readonly block: LiveBlock,
    private readonly stream: TerminalStream,
    private readonly options: PrinterOptions,
  ) {}

  print(text: string, label?: Label, { timed }: Pick<PrinterOptions, 'timed'> = this.options): void {
    const time = timed ? `${timeOfDay()} ` : '';
    const mark = label === undefined ? '' : `${label}:`;
    const line = `${time}${mark === '' ? '' : `${mark} `}${printable(text)}`;
    const [first = '', ...more] = fitted([line], this.stream);
    const painted =
      label === undefined ? first : time + this.paint(mark, label) + first.slice(time.length + mark.length);
    this.block.print([painted, ...more].join('\n'));
  }

  private paint(text: string, label: Label): string {
    return this.options.color ? `${COLORS[label]}${text}${RESET}` : text;
  }
}

/** The time for people, to the second. */
export function timeOfDay(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
