import type { AbsentPart, Notice, StageContext } from '../../model.js';

/** The context of a stage, which keeps what the stage takes note of. */
export class NoticeList implements StageContext {
  readonly notices: Notice[] = [];
  readonly absentParts: AbsentPart[] = [];

  constructor(readonly signal: AbortSignal) {}

  readonly notice = (notice: Notice): void => {
    this.notices.push(notice);
  };

  readonly absent = (absent: AbsentPart): void => {
    this.absentParts.push(absent);
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
