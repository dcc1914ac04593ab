import type { ArtifactSkipReason, Notice } from '../../model.js';
import type { Plain, PlainDict } from './values.js';

/** What a run's messages have to tell of (docs/mapping.md, "Attributes": what was lost or changed on the way). */
export interface Losses {
  /** By metric, how many points. */
  readonly collapsed: ReadonlyMap<string, number>;
  readonly renumbered: ReadonlyMap<string, number>;
  /** Metrics that keep their names because of others. */
  readonly clashes: number;
  readonly skipped: ReadonlyMap<ArtifactSkipReason, number>;
  readonly textsReplaced: number;
  /** Milliseconds, of a run that was closed because it was stale. */
  readonly staleSince: number | undefined;
  /** What the source told while it was read. */
  readonly notices: readonly Notice[];
}

/** By the kind of event the numbers that its message carries; undefined where they are not foreseen. */
export function expectedMessages(losses: Losses): ReadonlyMap<string, PlainDict | undefined> {
  const { collapsed, renumbered, clashes, skipped, textsReplaced, staleSince, notices } = losses;
  const messages = new Map<string, PlainDict | undefined>();
  const add = (event: string, numbers: Readonly<Record<string, Plain>>) =>
    messages.set(event, new Map([['event', event], ...Object.entries(numbers)]));
  if (staleSince !== undefined) add('stale', { last_sign: staleSince / 1000 });
  if (collapsed.size > 0) add('points-collapsed', { points: sum(collapsed.values()), metrics: BigInt(collapsed.size) });
  if (renumbered.size > 0)
    add('metric-renumbered', { points: sum(renumbered.values()), metrics: BigInt(renumbered.size) });
  if (clashes > 0) add('context-clash', { metrics: BigInt(clashes) });
  if (skipped.size > 0) {
    const reasons = [...skipped].map(([reason, files]) => [reason, BigInt(files)] as const);
    add('artifact-skipped', { artifacts: sum(skipped.values()), ...Object.fromEntries(reasons) });
  }
  // params and tags, too, may hold bytes that are no text
  const replaced = textsReplaced + notices.filter(({ kind }) => kind === 'text-replaced').length;
  if (replaced > 0) add('text-replaced', { files: BigInt(replaced) });
  const lines = notices.filter((notice) => notice.kind === 'line-skipped');
  if (lines.length > 0) {
    add('line-skipped', {
      lines: BigInt(lines.length),
      metrics: BigInt(new Set(lines.map(({ metric }) => metric)).size),
    });
  }
  const latestOnly = notices.filter(({ kind }) => kind === 'history-missing');
  if (latestOnly.length > 0) add('history-missing', { metrics: BigInt(latestOnly.length) });
  for (const kind of ['field-unreadable', 'artifacts-unreachable'] as const) {
    if (notices.some((notice) => notice.kind === kind)) messages.set(kind, undefined);
  }
  return messages;
}

function sum(numbers: Iterable<number>): bigint {
  let total = 0n;
  for (const number of numbers) total += BigInt(number);
  return total;
}
