import type { AbsentPart, Notice, RunPart, UnreadPart } from '../../model.js';

/** A part of a run that could not be read in MLflow, and why. */
export interface UnreadReason extends UnreadPart {
  readonly why: string;
}

/**
 * What of a run could not be read in MLflow at this moment: Aim keeps what it has of it, so nothing can be said against that
 * (docs/mapping.md, "What is kept").
 */
export class Unread {
  private readonly list: UnreadReason[] = [];
  private readonly whole = new Set<RunPart>();
  private readonly items = new Map<RunPart, Set<string>>();
  private readonly absent = new Set<RunPart>();

  /** Takes note of what a source tells while it is read. */
  add(notice: Notice): void {
    const reason = reasonOf(notice);
    if (reason === undefined) return;
    this.list.push(reason);
    if (reason.item === undefined) this.whole.add(reason.part);
    else this.itemsOf(reason.part).add(reason.item);
  }

  /** Of this part nothing is there: Aim keeps what it has, and mostly that is nothing. */
  addAbsent({ part, item }: AbsentPart): void {
    if (item === undefined) this.absent.add(part);
    else this.itemsOf(part).add(item);
  }

  get reasons(): readonly UnreadReason[] {
    return this.list;
  }

  /**
   * Whether Aim may hold something else of this item than what MLflow shows now.
   *
   * @param isExtra Aim holds something of which MLflow shows nothing
   */
  covers(part: RunPart, item: string, isExtra: boolean): boolean {
    if (this.whole.has(part) || (isExtra && this.absent.has(part))) return true;
    const items = this.items.get(part);
    if (items === undefined) return false;
    if (items.has(item)) return true;
    if (part !== 'artifacts') return false;
    for (let cut = item.lastIndexOf('/'); cut > 0; cut = item.lastIndexOf('/', cut - 1)) {
      if (items.has(item.slice(0, cut))) return true;
    }
    return false;
  }

  /** Whether anything of the part could not be read, or is not there. */
  touches(part: RunPart): boolean {
    return this.whole.has(part) || this.absent.has(part) || this.items.has(part);
  }

  private itemsOf(part: RunPart): Set<string> {
    const items = this.items.get(part) ?? new Set<string>();
    this.items.set(part, items);
    return items;
  }
}

function reasonOf(notice: Notice): UnreadReason | undefined {
  switch (notice.kind) {
    case 'artifacts-unreachable':
      return { part: 'artifacts', why: notice.detail };
    case 'artifact-skipped': {
      const isUnread = notice.reason === 'unreadable' || notice.reason === 'link-outside';
      return isUnread ? { part: 'artifacts', item: notice.path, why: notice.detail } : undefined;
    }
    case 'field-unreadable':
      return notice.unread && { ...notice.unread, why: notice.detail };
    case 'history-missing':
      return { part: 'metrics', item: notice.metric, why: 'MLflow has only its latest value.' };
    default:
      return undefined;
  }
}
