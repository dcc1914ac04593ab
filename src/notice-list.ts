import type { Notice, StageContext } from './model.js';

/** The context of a stage, which keeps what the stage takes note of. */
export class NoticeList implements StageContext {
  readonly notices: Notice[] = [];

  constructor(readonly signal: AbortSignal) {}

  readonly notice = (notice: Notice): void => {
    this.notices.push(notice);
  };
}
