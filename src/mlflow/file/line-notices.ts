import type { StageContext } from '../../model.js';

/** The most notices of one file. A file of another kind among the metrics must not cause a million of them. */
const MAX_LINE_NOTICES = 1000;

/** Reports the skipped lines of one metric file. */
export class LineNotices {
  #count = 0;
  #last = 0;

  constructor(
    private readonly file: { readonly key: string; readonly path: string },
    private readonly context: StageContext,
  ) {}

  readonly add = (line: number, fault: string): void => {
    this.#count++;
    this.#last = line;
    if (this.#count <= MAX_LINE_NOTICES) this.#report(line, fault);
  };

  /** Reports the lines beyond the limit in one notice. */
  sumUp(): void {
    const more = this.#count - MAX_LINE_NOTICES;
    if (more > 0) this.#report(this.#last, `it and ${more - 1} lines before it hold no point either`);
  }

  #report(line: number, reason: string): void {
    this.context.notice({ kind: 'line-skipped', metric: this.file.key, file: this.file.path, line, reason });
  }
}
