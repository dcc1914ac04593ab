import type { AbsentPart, Notice, StageContext } from '../../model.js';

/** The context of a stage, with the notices that the stage adds. */
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

/** The notices of one run, by origin. */
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
