import type { Notice, RunPart } from '../model.js';
import type { ToldPart } from '../outcome.js';

/** What one item of a part is called in messages. */
export const PART_NOUNS: Readonly<Record<RunPart, string>> = {
  params: 'param',
  tags: 'tag',
  metrics: 'metric',
  datasets: 'dataset',
  models: 'model',
  artifacts: 'artifact',
};

/** The parts of a run that, as these notices tell, could not be read and should be looked at again: what makes it incomplete. */
export function unreadParts(notices: readonly Notice[]): ToldPart[] {
  return notices.flatMap((notice) => (isFinal(notice) ? [] : (unreadPart(notice) ?? [])));
}

/** What could not be read, where that is what the notice tells: what Aim has of it stays. */
export function unreadPart(notice: Notice): ToldPart | undefined {
  switch (notice.kind) {
    case 'artifacts-unreachable':
      return { part: 'artifacts', why: notice.detail, reason: notice.reason ?? 'failed', ...emptyOf(notice) };
    case 'artifact-skipped':
      return unreadArtifact(notice);
    case 'field-unreadable':
      return notice.unread && { ...notice.unread, why: notice.detail, ...emptyOf(notice), ...refusedOf(notice) };
    case 'history-missing':
      return { part: 'metrics', item: notice.metric, why: 'MLflow has only its latest value.' };
    default:
      return undefined;
  }
}

/**
 * True of what another look would not change: of a metric whose points were deleted MLflow has no more that could be read one
 * day, and links out of the run are not followed because the user has not asked for it.
 */
function isFinal(notice: Notice): boolean {
  switch (notice.kind) {
    case 'history-missing':
      return true;
    case 'artifact-skipped':
      return notice.reason === 'link-outside';
    case 'field-unreadable':
      return notice.refused === true;
    default:
      return false;
  }
}

function unreadArtifact({ path, reason, detail }: Notice & { kind: 'artifact-skipped' }): ToldPart | undefined {
  if (reason === 'unreadable') return { part: 'artifacts', item: path, why: detail };
  return reason === 'link-outside' ? { part: 'artifacts', item: path, why: detail, reason: 'refused' } : undefined;
}

function refusedOf({ refused }: { readonly refused?: true }): Pick<ToldPart, 'reason'> {
  return refused ? { reason: 'refused' } : {};
}

function emptyOf({ empty }: { readonly empty?: true }): Pick<ToldPart, 'empty'> {
  return empty ? { empty } : {};
}

/** Answers which parts of a run, and which items of them, were told to be unread. */
export class UnreadIndex {
  readonly #parts = new Set<RunPart>();
  readonly #whole = new Set<RunPart>();
  readonly #items = new Set<string>();

  /** Takes note of what a notice tells. */
  add(notice: Notice): void {
    const unread = unreadPart(notice);
    if (unread === undefined) return;
    this.#parts.add(unread.part);
    if (unread.item === undefined) this.#whole.add(unread.part);
    else this.#items.add(keyOf(unread.part, unread.item));
  }

  get isEmpty(): boolean {
    return this.#parts.size === 0;
  }

  get parts(): readonly RunPart[] {
    return [...this.#parts];
  }

  /** Whether anything of a part was told. */
  has(part: RunPart): boolean {
    return this.#parts.has(part);
  }

  /** Whether this very item was told. */
  names(part: RunPart, item: string): boolean {
    return this.#items.has(keyOf(part, item));
  }

  /** Whether the item, a directory above it or the whole part was told. */
  covers(part: RunPart, item: string): boolean {
    if (this.#whole.has(part)) return true;
    for (let end = item.length; end > 0; end = item.lastIndexOf('/', end - 1)) {
      if (this.names(part, item.slice(0, end))) return true;
    }
    return false;
  }
}

function keyOf(part: RunPart, item: string): string {
  return `${part}/${item}`;
}
