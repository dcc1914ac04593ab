import type { ObjectPoint, ObjectSequence, Value } from '../contents.js';
import { extensionOf } from '../expected/artifact-places.js';
import { directoryOf, type ExpectedArtifacts, type ExpectedObject, sha256 } from '../expected/artifacts.js';
import type { DifferenceCode, DifferencePlace, Differences } from './differences.js';
import { causeOf, type RunFacts } from './run-facts.js';
import { show, showTime, showValue } from './show.js';

const TYPES = {
  image: 'aim.image',
  text: 'aim.text',
  table: 'aim.text',
  audio: 'aim.audio',
  figure: 'aim.figure',
} as const;
const KINDS = { image: 'images', text: 'texts', table: 'texts', audio: 'audios', figure: 'figures' } as const;

type Kind = keyof typeof TYPES;
type ObjectValue = Extract<Value, { type: 'object' }>;

/** Compares the images, texts, tables, audio and figures of a run, and the links. */
export class ArtifactComparison {
  constructor(
    private readonly facts: RunFacts,
    private readonly differences: Differences,
  ) {}

  /** @param startTime seconds: the time of files that know none of their own */
  compareObjects(expected: ExpectedArtifacts, found: Iterable<ObjectSequence>, startTime: number): void {
    const wanted = new Map<string, ExpectedObject[]>();
    for (const object of expected.objects) {
      const key = sequenceKey(object.place.kind, object.place.sequence);
      const objects = wanted.get(key);
      if (objects === undefined) wanted.set(key, [object]);
      else objects.push(object);
    }
    for (const sequence of found) {
      const kind = kindOf(sequence);
      if (kind === undefined) continue;
      const key = sequenceKey(kind, sequence.name);
      const objects = isOurContext(sequence, kind) ? wanted.get(key) : undefined;
      if (objects !== undefined) wanted.delete(key);
      this.compareSequence(objects ?? [], sequence, kind, startTime);
    }
    for (const objects of wanted.values()) for (const object of objects) this.tellMissing(object);
  }

  compareLinks({ links }: ExpectedArtifacts, found: ReadonlyMap<string, Value>): void {
    const left = new Map(found);
    for (const { name, uri } of links) {
      const link = left.get(name);
      left.delete(name);
      const record = `artifacts[${JSON.stringify(name)}]`;
      if (link === undefined) {
        this.tell('link-missing', name, { record, expected: uri });
        continue;
      }
      const wanted = { name, path: name, uri, base_uri: directoryOf(uri) };
      for (const [field, text] of Object.entries(wanted)) {
        const there = link.type === 'object' ? link.fields.get(field) : undefined;
        if (there?.type === 'string' && there.value === text) continue;
        this.tell('link-differs', name, {
          record: `${record}.${field}`,
          expected: show(text),
          found: showValue(there),
        });
      }
    }
    for (const [name, link] of left) {
      const uri = link.type === 'object' ? link.fields.get('uri') : undefined;
      this.tell('link-extra', name, { record: `artifacts[${JSON.stringify(name)}]`, found: showValue(uri ?? link) });
    }
  }

  private compareSequence(
    objects: readonly ExpectedObject[],
    sequence: ObjectSequence,
    kind: Kind,
    startTime: number,
  ): void {
    const steps = new Map<bigint, ExpectedObject[]>();
    for (const object of objects) {
      const { step } = object.place;
      steps.set(step, [...(steps.get(step) ?? []), object]);
    }
    const isList =
      objects.some(({ place }) => place.isOfDirectory) || [...steps.values()].some(({ length }) => length > 1);
    const dtype = isList ? `list(${TYPES[kind]})` : TYPES[kind];
    if (objects.length > 0 && sequence.summary.dtype !== dtype) {
      this.tell('object-differs', objects[0]!.place.file.path, {
        sequence,
        record: 'dtype',
        expected: show(dtype),
        found: show(sequence.summary.dtype),
      });
    }
    for (const point of sequence.points()) {
      const expected = steps.get(point.step) ?? [];
      steps.delete(point.step);
      this.comparePoint(expected, point, { sequence, isList, startTime });
    }
    if (!sequence.isReadable) return;
    for (const missing of steps.values()) for (const object of missing) this.tellMissing(object);
  }

  private comparePoint(
    expected: readonly ExpectedObject[],
    point: ObjectPoint,
    {
      sequence,
      isList,
      startTime,
    }: { readonly sequence: ObjectSequence; readonly isList: boolean; readonly startTime: number },
  ): void {
    const values = point.value.type === 'list' ? point.value.items : [point.value];
    const place = { sequence, step: point.step };
    // of a list in which something was kept the others have moved
    const isKept = expected.length !== values.length && this.facts.unread.touches('artifacts');
    for (const [i, object] of expected.entries()) {
      const value = isKept ? values.find((one) => captionOf(one) === object.place.file.path) : values[i];
      if (value === undefined) this.tellMissing(object);
      else this.compareObject(object, value, place);
    }
    for (const value of isKept ? [] : values.slice(expected.length)) {
      this.tell('object-extra', captionOf(value) ?? sequence.name, {
        ...place,
        found: captionOf(value) ?? showValue(value),
      });
    }
    if (expected.length === 0) return;
    if (isList !== (point.value.type === 'list')) {
      this.tell('object-differs', expected[0]!.place.file.path, {
        ...place,
        expected: isList ? 'a list' : 'no list',
        found: showValue(point.value),
      });
    }
    if (point.epoch !== undefined) this.tellEpoch('object-differs', sequence, point, expected[0]!.place.file.path);
    const times = expected.map(({ place: { time } }) => (time === undefined ? startTime : time / 1000));
    if (!times.includes(point.time)) this.tellTime(sequence, point, times[0]!, expected[0]!.place.file.path);
  }

  /** mlflow2aim gives no point an epoch. */
  private tellEpoch(code: DifferenceCode, sequence: ObjectSequence, { step, epoch }: ObjectPoint, item: string): void {
    this.tell(code, item, { sequence, step, record: 'epoch', expected: 'None', found: String(epoch) });
  }

  private compareObject(object: ExpectedObject, value: Value, place: DifferencePlace): void {
    const { kind, file } = object.place;
    const { path } = file;
    const differs = (record: string, expected: string, found: string) =>
      this.tell('object-differs', path, { ...place, record, expected, found });
    if (value.type !== 'object' || value.name !== TYPES[kind]) {
      differs(path, TYPES[kind], showValue(value));
      return;
    }
    const data = bytesOf(value);
    if (data === undefined || data.length !== object.bytes) {
      differs(path, `${object.bytes} bytes`, data === undefined ? 'nothing' : `${data.length} bytes`);
    } else if (sha256(data) !== object.sha256) {
      differs(
        path,
        `${object.bytes} bytes with SHA-256 ${object.sha256}`,
        `${data.length} bytes with SHA-256 ${sha256(data)}`,
      );
    }
    const fields = expectedFields(object);
    for (const [name, wanted] of fields) {
      const there = value.fields.get(name);
      if (!isSame(there, wanted)) differs(`${path}: ${name}`, show(wanted), showValue(there));
    }
    for (const [name, there] of value.fields) {
      if (name !== 'data' && !fields.has(name)) differs(`${path}: ${name}`, 'nothing', showValue(there));
    }
  }

  private tellMissing({ place: { kind, sequence, step, file } }: ExpectedObject): void {
    const entries = new Map<string, Value>([['type', { type: 'string', value: kind }]]);
    this.tell('object-missing', file.path, {
      sequence: { name: sequence, context: { type: 'dict', entries } },
      step,
      expected: file.path,
    });
  }

  private tellTime(sequence: ObjectSequence, { step, time }: ObjectPoint, expected: number, item: string): void {
    this.tell('time-differs', item, { sequence, step, expected: showTime(expected), found: showTime(time) });
  }

  private tell(code: DifferenceCode, item: string, place: DifferencePlace): void {
    this.differences.add(code, causeOf(this.facts, code, 'artifacts', item), place);
  }
}

function expectedFields({ place, image }: ExpectedObject): ReadonlyMap<string, string | bigint> {
  const { kind, file } = place;
  if (kind === 'text' || kind === 'table') return new Map();
  if (kind === 'figure')
    return new Map([
      ['format', 'raw_json'],
      ['source', 'plotly'],
      ['version', 'unknown'],
    ]);
  if (kind === 'audio')
    return new Map([
      ['caption', file.path],
      ['format', extensionOf(file.path)],
    ]);
  return new Map<string, string | bigint>([
    ['caption', file.path],
    ['format', image?.format ?? ''],
    ['width', BigInt(image?.width ?? 0)],
    ['height', BigInt(image?.height ?? 0)],
    ['mode', image?.mode ?? ''],
    ['source', 'PIL.Image'],
  ]);
}

function isSame(found: Value | undefined, expected: string | bigint): boolean {
  return (found?.type === 'string' || found?.type === 'int') && found.value === expected;
}

function sequenceKey(kind: Kind, name: string): string {
  return `${kind} ${name}`;
}

/** Texts and tables are told apart by their contexts; a text with any other context is none of ours. */
function kindOf(sequence: ObjectSequence): Kind | undefined {
  const kinds = (Object.keys(KINDS) as Kind[]).filter((one) => KINDS[one] === sequence.kind);
  return kinds.find((kind) => isOurContext(sequence, kind)) ?? kinds[0];
}

function isOurContext({ context: { entries } }: ObjectSequence, kind: Kind): boolean {
  return entries.size === 1 && isSame(entries.get('type'), kind);
}

/** A field of an object; undefined for other values. */
export function fieldOf(value: Value, name: string): Value | undefined {
  return value.type === 'object' ? value.fields.get(name) : undefined;
}

function captionOf(value: Value): string | undefined {
  const caption = fieldOf(value, 'caption');
  return caption?.type === 'string' ? caption.value : undefined;
}

function bytesOf(value: ObjectValue): Uint8Array | undefined {
  const data = value.fields.get('data');
  if (data?.type === 'bytes') return data.value;
  return data?.type === 'string' ? Buffer.from(data.value) : undefined;
}
