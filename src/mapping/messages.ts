import type { AimDict, AimValue } from '../aim/value.js';
import type { ArtifactSkipReason, Notice } from '../model.js';
import { PART_NOUNS } from './unread-parts.js';

/** One Aim log record: what happened, in a sentence, and its numbers. */
export interface LossMessage {
  readonly message: string;
  readonly args: AimDict;
}

type NoticeOf<K extends Notice['kind']> = Extract<Notice, { kind: K }>;

interface Told {
  readonly message: string;
  readonly numbers: Readonly<Record<string, AimValue>>;
}

const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 200;

const SKIP_REASONS: Readonly<Record<ArtifactSkipReason, string>> = {
  'no-kind': 'no kind that Aim shows',
  'too-large': 'too large',
  'not-an-image': 'not an image that Aim shows',
  unreadable: 'could not be read',
  'link-outside': 'a link out of the run',
  'path-outside': 'not in the directory that was asked for',
};

/** How each kind of event is told, in the order in which the messages come. */
const TELL: { readonly [K in Notice['kind']]: (notices: readonly NoticeOf<K>[]) => Told } = {
  stale: (notices) => {
    const lastSign = Math.max(...notices.map((notice) => notice.lastSign));
    return {
      message: `The run said RUNNING without a sign of life for too long; it was closed at the last one, ${isoTime(lastSign)}.`,
      numbers: { last_sign: lastSign / 1000 },
    };
  },
  'field-unreadable': (notices) => ({
    message: `${count(notices.length, 'field')} could not be read: ${list(notices.map((notice) => notice.field))}.`,
    numbers: { fields: BigInt(notices.length) },
  }),
  'line-skipped': (notices) => ({
    message: `${count(notices.length, 'metric line')} could not be parsed and ${was(notices)} skipped: ${list(
      notices.map((notice) => `${notice.metric} line ${notice.line}`),
    )}.`,
    numbers: { lines: BigInt(notices.length), metrics: BigInt(distinct(notices)) },
  }),
  'points-collapsed': (notices) => {
    const points = sum(notices);
    return {
      message: `${count(points, 'point')} of ${count(distinct(notices), 'metric')} shared a step with a later point, and Aim holds one for each step: ${list(
        notices.map((notice) => `${notice.metric} (${notice.points})`),
      )}.`,
      numbers: { points: BigInt(points), metrics: BigInt(distinct(notices)) },
    };
  },
  'metric-renumbered': (notices) => ({
    message: `The steps of ${count(distinct(notices), 'metric')} were replaced by 0, 1, 2 … in order of arrival: ${list(
      notices.map((notice) => `${notice.metric} (${count(notice.points, 'point')})`),
    )}.`,
    numbers: { points: BigInt(sum(notices)), metrics: BigInt(distinct(notices)) },
  }),
  'context-clash': (notices) => ({
    message: `${count(notices.length, 'metric')} kept their names, because with a context they would have shared sequences: ${list(
      notices.map((notice) => notice.metric),
    )}.`,
    numbers: { metrics: BigInt(notices.length) },
  }),
  'history-missing': (notices) => ({
    message: `MLflow had only the latest value of ${count(notices.length, 'metric')}, and its points no more: ${list(
      notices.map((notice) => notice.metric),
    )}.`,
    numbers: { metrics: BigInt(notices.length) },
  }),
  'artifact-skipped': (notices) => {
    const reasons = Object.keys(SKIP_REASONS) as ArtifactSkipReason[];
    const counts = reasons.map((reason) => [reason, BigInt(notices.filter((n) => n.reason === reason).length)]);
    return {
      message: `${count(notices.length, 'artifact')} ${was(notices)} not transferred and stayed in MLflow: ${list(
        notices.map((notice) => `${notice.path} (${SKIP_REASONS[notice.reason]})`),
      )}.`,
      numbers: { artifacts: BigInt(notices.length), ...Object.fromEntries(counts.filter(([, files]) => files !== 0n)) },
    };
  },
  'artifacts-unreachable': (notices) => ({
    message: `The artifacts could not be reached at ${list(notices.map((notice) => notice.uri))}.`,
    numbers: { places: BigInt(notices.length) },
  }),
  'part-kept': (notices) => ({
    message: `What could not be read stays as it was converted before: ${notices
      .map(({ part, items }) => count(items, PART_NOUNS[part]))
      .sort()
      .join(', ')}.`,
    numbers: Object.fromEntries(notices.map(({ part, items }) => [part, BigInt(items)])),
  }),
  'text-replaced': (notices) => ({
    message: `${count(notices.length, 'text file')} held bytes that are not UTF-8, which were replaced: ${list(
      notices.map((notice) => notice.path),
    )}.`,
    numbers: { files: BigInt(notices.length) },
  }),
};

/**
 * What was lost or changed on the way to Aim, for the Messages tab of the run: one message for each kind of event, in a
 * fixed order, the same for the same notices in whatever order they came.
 */
export function lossMessages(notices: readonly Notice[]): LossMessage[] {
  return (Object.keys(TELL) as Notice['kind'][]).flatMap((kind) => tell(kind, notices));
}

function tell<K extends Notice['kind']>(kind: K, all: readonly Notice[]): LossMessage[] {
  const notices = all.filter((notice): notice is NoticeOf<K> => notice.kind === kind);
  if (notices.length === 0) return [];
  const { message, numbers } = TELL[kind](notices);
  return [{ message, args: new Map<string, AimValue>([['event', kind], ...Object.entries(numbers)]) }];
}

/** The first names in order, and how many more there are. */
function list(names: readonly string[]): string {
  const sorted = names.map(shorten).sort(); // by UTF-16 code units: the same in every locale
  const more = sorted.length - MAX_NAMES;
  const shown = sorted.slice(0, MAX_NAMES).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function shorten(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${name.slice(0, MAX_NAME_LENGTH).replace(/[\ud800-\udbff]$/, '')}…`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function was(notices: readonly Notice[]): string {
  return notices.length === 1 ? 'was' : 'were';
}

function sum(notices: readonly { readonly points: number }[]): number {
  return notices.reduce((total, notice) => total + notice.points, 0);
}

function distinct(notices: readonly { readonly metric: string }[]): number {
  return new Set(notices.map((notice) => notice.metric)).size;
}

function isoTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? `${milliseconds} ms` : time.toISOString();
}
