import { KeptRun } from '../../aim/kept-run.js';
import type { Repository } from '../../aim/repository.js';
import { ConvertError, toConvertError } from '../../errors.js';
import { UnreadIndex } from '../../mapping/unread-parts.js';
import type { AbsentPart, RunPart } from '../../model.js';
import type { NoticeList, RunNotices } from '../task/notice-list.js';
import type { RunTask } from '../task/run-task.js';

/**
 * What is taken from Aim when a run is written again, because it cannot be read from MLflow at the moment (docs/mapping.md,
 * law 2): which parts, and the run in Aim, which is opened on first use. Nothing is taken for a new run.
 */
export class CarryOver {
  readonly #index = new UnreadIndex();
  readonly #seen = new Map<NoticeList, number>();
  #kept: { readonly run: KeptRun | undefined } | undefined;

  constructor(
    private readonly task: Pick<RunTask, 'ref' | 'hash'>,
    /** Undefined if Aim does not have the run. */
    private readonly repository: Repository | undefined,
    readonly told: RunNotices,
  ) {}

  /** What has been reported as unread so far. */
  get unread(): UnreadIndex {
    for (const list of [this.told.header, this.told.body]) {
      for (const notice of list.notices.slice(this.#seen.get(list) ?? 0)) this.#index.add(notice);
      this.#seen.set(list, list.notices.length);
    }
    return this.#index;
  }

  /** What `look` finds in the run as Aim has it; undefined if Aim does not have it, or it cannot be read. */
  peek<T>(look: (kept: KeptRun) => T): T | undefined {
    try {
      return this.take(look);
    } catch (error) {
      if (error instanceof ConvertError && error.kind === 'skip-run') return undefined;
      throw error;
    }
  }

  /**
   * What is taken from the run as Aim has it; undefined if Aim does not have it. Throws `skip-run` if it cannot be read:
   * what neither side can provide must not be lost.
   */
  take<T>(from: (kept: KeptRun) => T): T | undefined {
    if (this.repository === undefined) return undefined;
    try {
      this.#kept ??= { run: KeptRun.open(this.repository, this.task.hash) };
      return this.#kept.run === undefined ? undefined : from(this.#kept.run);
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  /** The same items; errors on the way are reported as by {@link take}. */
  *guard<T>(items: Iterable<T>): Generator<T> {
    try {
      yield* items;
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  /** A part that is absent, and that Aim has something of, was not read. */
  tellAbsent(list: NoticeList, holds: (kept: KeptRun, absent: AbsentPart) => boolean): void {
    for (const absent of list.absentParts) {
      const { part, directory } = absent;
      if (this.peek((kept) => holds(kept, absent)) !== true) continue;
      const detail = `${directory} is empty or not there, and Aim has what was in it.`;
      const field = directory.slice(Math.max(directory.lastIndexOf('/'), directory.lastIndexOf('\\')) + 1);
      list.notice({ kind: 'field-unreadable', field, file: directory, detail, empty: true, unread: { part } });
    }
  }

  /** Records how much of a part was taken from Aim. */
  tellKept(list: NoticeList, part: RunPart, items: number): void {
    if (items > 0) list.notice({ kind: 'part-kept', part, items });
  }

  close(): void {
    this.#kept?.run?.close();
    this.#kept = undefined;
  }

  #unreadable(cause: unknown): ConvertError {
    if (cause instanceof ConvertError) return cause;
    const { ref, hash } = this.task;
    const directory = this.repository?.meta(hash) ?? '';
    const error = toConvertError(cause, 'skip-run', directory);
    if (error.kind === 'fatal') return error;
    const parts = this.unread.parts.join(', ');
    return new ConvertError(
      'skip-run',
      'damaged-file',
      `What could not be read of run ${ref.runId} (${parts}) cannot be taken from Aim either: ${error.message} The run is left as it is.`,
      { where: directory, hint: 'Convert again when it can be read in MLflow.', cause },
    );
  }
}
