import type { ObjectPoint, ObjectSequence, Value } from '../contents.js';
import type { PlainDict } from '../expected/values.js';
import { compareDicts, pathText } from './compare-values.js';
import type { DifferenceCode, DifferencePlace, Differences } from './differences.js';
import { causeOf, type RunFacts } from './run-facts.js';
import { show, showTime, showValue } from './show.js';

/** What those events tell follows from earlier conversions, or is told in the words of a source. */
const FREE: ReadonlySet<string> = new Set(['part-kept', 'field-unreadable', 'artifacts-unreachable']);
/** Python's logging.WARNING. */
const WARNING = 30n;
/** The name of what wrote a message; those of others are a person's. */
const OURS = 'mlflow2aim';

/** Compares the messages of a run: one for each kind of loss, with its numbers and the time of the run's end. */
export function compareMessages(
  expected: ReadonlyMap<string, PlainDict | undefined>,
  sequence: ObjectSequence | undefined,
  seconds: number,
  facts: RunFacts,
  differences: Differences,
): void {
  const tell = (code: DifferenceCode, event: string, place: DifferencePlace) => {
    const isFree = FREE.has(event) || facts.unread.reasons.length > 0;
    const cause = causeOf(facts, code, undefined);
    differences.add(code, isFree && cause === 'unexplained' ? 'kept' : cause, {
      ...(sequence && { sequence }),
      ...place,
    });
  };
  const left = new Map(expected);
  for (const point of sequence?.points() ?? []) {
    const message = messageOf(point);
    if (message.source !== OURS) {
      tell('message-extra', 'part-kept', { step: point.step, found: showValue(message.text) });
      continue;
    }
    const { event } = message;
    if (!expected.has(event)) {
      if (!FREE.has(event))
        tell('message-extra', event, { step: point.step, record: event, found: showValue(message.text) });
      continue;
    }
    left.delete(event);
    for (const problem of problemsOf(message, expected.get(event), point, seconds)) {
      tell('message-differs', event, { step: point.step, ...problem });
    }
  }
  if (sequence?.isReadable === false) return;
  for (const [event, numbers] of left)
    tell('message-missing', event, { record: event, expected: show(numbers ?? event) });
}

interface Message {
  readonly source: string;
  readonly event: string;
  readonly text: Value | undefined;
  readonly level: Value | undefined;
  readonly time: Value | undefined;
  readonly numbers: Value | undefined;
}

function messageOf({ value }: ObjectPoint): Message {
  const fields = value.type === 'object' && value.name === 'aim.log_record' ? value.fields : new Map<string, Value>();
  const info = fields.get('__logger_info');
  const source = info?.type === 'list' ? info.items[0] : undefined;
  const numbers = fields.get('extra_args');
  const event = numbers?.type === 'dict' ? numbers.entries.get('event') : undefined;
  return {
    source: source?.type === 'string' ? source.value : '',
    event: event?.type === 'string' ? event.value : '',
    text: fields.get('message'),
    level: fields.get('log_level'),
    time: fields.get('timestamp'),
    numbers,
  };
}

function* problemsOf(
  { text, level, time, numbers }: Message,
  expected: PlainDict | undefined,
  point: ObjectPoint,
  seconds: number,
): Generator<DifferencePlace> {
  if (expected !== undefined && numbers?.type === 'dict') {
    for (const { path, ...texts } of compareDicts(expected, numbers)) {
      yield { record: pathText(path), expected: texts.expected ?? 'nothing', found: texts.found ?? 'nothing' };
    }
  }
  if (text?.type !== 'string' || text.value === '')
    yield { record: 'message', expected: 'a sentence', found: showValue(text) };
  if (level?.type !== 'int' || level.value !== WARNING)
    yield { record: 'log_level', expected: '30', found: showValue(level) };
  if (point.epoch !== undefined) yield { record: 'epoch', expected: 'None', found: String(point.epoch) };
  const told = time?.type === 'float' ? time.value : Number.NaN;
  for (const [record, found] of [
    ['timestamp', told],
    ['time', point.time],
  ] as const) {
    if (found !== seconds) yield { record, expected: showTime(seconds), found: showTime(found) };
  }
}
