import type { Notice, RunPart, StageContext } from './model.js';

/** The context of a stage, which keeps what the stage takes note of. */
export class NoticeList implements StageContext {
  readonly notices: Notice[] = [];
  /** Parts whose directory is not there, or empty. */
  readonly absentParts: { readonly part: RunPart; readonly directory: string }[] = [];

  constructor(readonly signal: AbortSignal) {}

  readonly notice = (notice: Notice): void => {
    this.notices.push(notice);
  };

  readonly absent = (part: RunPart, directory: string): void => {
    this.absentParts.push({ part, directory });
  };
}

/** What is told of one run, by those who tell it. */
export class RunNotices {
  readonly header: NoticeList;
  /** Of histories and artifacts. */
  readonly body: NoticeList;
  /** Of points, as they are written. */
  readonly points: NoticeList;
  /** Of the run's end. */
  readonly end: NoticeList;

  constructor(readonly signal: AbortSignal) {
    this.header = new NoticeList(signal);
    this.body = new NoticeList(signal);
    this.points = new NoticeList(signal);
    this.end = new NoticeList(signal);
  }

  get all(): Notice[] {
    return [this.header, this.body, this.points, this.end].flatMap(({ notices }) => notices);
  }
}
