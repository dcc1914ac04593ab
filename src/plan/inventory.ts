import type { ErrorCode } from '../errors.js';
import type { RunStatus } from '../model.js';
import type { RunOutcome, RunReport, SkipCode } from '../outcome.js';
import { isSeenByLooking, Losses } from './losses.js';
import type { FileCount, RunContent } from './run-content.js';

const FAILED_RUNS_NAMED = 10;

/** A run that cannot be read at all. */
export interface UnreadableRun {
  readonly runId: string;
  readonly runName?: string;
  readonly experiment: string;
  readonly code: ErrorCode;
  /** A sentence. */
  readonly reason: string;
}

/** What the runs hold that are to be written. */
export interface Content {
  readonly statuses: Readonly<Record<RunStatus, number>>;
  readonly params: number;
  readonly tags: number;
  readonly metrics: number;
  /** Of all metrics, before any gives way to another at the same step. */
  readonly points: number;
  readonly pointsAreEstimate: boolean;
  readonly datasets: number;
  readonly models: number;
  readonly images: FileCount;
  /** JSON files that turn out to be figures among them. */
  readonly texts: FileCount;
  readonly audio: FileCount;
  /** HTML files, which are read for figures; those without one become links. */
  readonly figures: FileCount;
  /** Files that stay in MLflow; Aim gets links to them, or to the directories of many. */
  readonly links: FileCount;
}

const SUMMED = ['params', 'tags', 'metrics', 'points', 'datasets', 'models'] as const;

/** Adds up what was found out about the runs of a source. Its size does not depend on their number. */
export class Inventory {
  readonly losses = new Losses();
  readonly outcomes: Record<RunOutcome, number> = { new: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  readonly skipped: Partial<Record<SkipCode, number>> = {};
  /** The first ten. */
  readonly unreadable: UnreadableRun[] = [];
  /** Runs of which a part cannot be read. */
  incomplete = 0;
  /** Runs whose files in Aim are damaged. */
  damaged = 0;
  readonly #statuses: Record<RunStatus, number> = { RUNNING: 0, SCHEDULED: 0, FINISHED: 0, FAILED: 0, KILLED: 0 };
  readonly #sums = { params: 0, tags: 0, metrics: 0, points: 0, datasets: 0, models: 0 };
  readonly #files = { image: none(), text: none(), audio: none(), figure: none(), link: none() };
  #isExact = true;

  addReport(report: RunReport): void {
    const { outcome, code } = report;
    this.outcomes[outcome] += 1;
    if (report.incomplete !== undefined) this.incomplete += 1;
    if (report.damage !== undefined) this.damaged += 1;
    if (outcome === 'skipped') {
      const skipCode = code as SkipCode;
      this.skipped[skipCode] = (this.skipped[skipCode] ?? 0) + 1;
    }
    if (outcome === 'failed' && this.unreadable.length < FAILED_RUNS_NAMED) this.unreadable.push(unreadable(report));
    if (outcome === 'new' || outcome === 'updated') this.losses.add(report.notices.filter(isSeenByLooking));
  }

  addRun(content: RunContent): void {
    const sums = this.#sums;
    this.#statuses[content.status] += 1;
    for (const part of SUMMED) sums[part] += content[part];
    this.#isExact &&= content.isExact;
    addFiles(this.#files.image, content.artifacts.image);
    addFiles(this.#files.text, content.artifacts.text);
    addFiles(this.#files.audio, content.artifacts.audio);
    addFiles(this.#files.figure, content.artifacts.figure);
    addFiles(this.#files.link, content.links);
  }

  /** @param counted the number of points as it was counted or derived from a sample; undefined where nothing was measured */
  content(counted: { readonly points: number; readonly isEstimate: boolean } | undefined): Content {
    const { image, text, audio, figure, link } = this.#files;
    const points = this.#isExact || counted === undefined ? this.#sums.points : counted.points;
    return {
      statuses: this.#statuses,
      ...this.#sums,
      points,
      pointsAreEstimate: !this.#isExact && (counted?.isEstimate ?? true),
      images: image,
      texts: text,
      audio,
      figures: figure,
      links: link,
    };
  }
}

function unreadable({ runId, runName, experiment, code, reason = '' }: RunReport): UnreadableRun {
  const named = runName === undefined ? {} : { runName };
  return { runId, ...named, experiment, code: code as ErrorCode, reason };
}

function none(): FileCount {
  return { files: 0, bytes: 0 };
}

function addFiles(sum: FileCount, { files, bytes }: FileCount): void {
  sum.files += files;
  sum.bytes += bytes;
}
