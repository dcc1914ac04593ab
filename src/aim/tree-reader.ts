import type { Key } from '../rocksdb/bytes.js';
import type { DatabaseRecord } from '../rocksdb/database.js';
import { SENTINEL, TYPE, TYPE_SIZE } from './encoding.js';
import { type AimDict, type AimKey, AimObject, type AimValue } from './value.js';

/** A place in a tree: the value stored there, and what is below it. */
interface Node {
  value?: Buffer;
  readonly below: Map<AimKey, Node>;
}

/**
 * Reassembles what `putTree` took apart: the value whose records, in order of key, these are. Without records it is an empty
 * dict. Blobs, which are stored elsewhere, are left out. Throws an Error for anything that is not a value of Aim's.
 *
 * @param path of the value
 */
export function readTree(path: Key, records: Iterable<DatabaseRecord>): AimValue {
  const root: Node = { below: new Map() };
  for (const { key, value } of records) {
    let node = root;
    for (const element of pathElements(key, path.length)) {
      let next = node.below.get(element);
      if (next === undefined) {
        next = { below: new Map() };
        node.below.set(element, next);
      }
      node = next;
    }
    node.value = value;
  }
  return valueAt(root) ?? new Map();
}

/** The elements of a path from an offset on; the inverse of `encodePath`. */
function* pathElements(path: Key, from: number): Generator<AimKey> {
  for (let at = from; at < path.length; ) {
    if (path[at] === SENTINEL) {
      yield Buffer.from(path.slice(at + 1, at + 9), 'latin1').readBigInt64BE();
      at += 10;
      continue;
    }
    const end = path.indexOf(SENTINEL, at);
    if (end < 0) throw new Error('A path has no end.');
    yield Buffer.from(path.slice(at, end), 'latin1').toString('utf8');
    at = end + 1;
  }
}

/** Undefined for a blob, which is stored elsewhere. */
function valueAt({ value, below }: Node): AimValue | undefined {
  if (value === undefined) return dictOf(below);
  switch (value[0]) {
    case undefined:
      return undefined;
    case TYPE.none:
      return null;
    case TYPE.bool:
      return value[TYPE_SIZE] === 1;
    case TYPE.int:
      return value.readBigInt64LE(TYPE_SIZE);
    case TYPE.float:
      return value.readDoubleLE(TYPE_SIZE);
    case TYPE.string:
      return value.toString('utf8', TYPE_SIZE);
    case TYPE.bytes:
      return Buffer.from(value.subarray(TYPE_SIZE));
    case TYPE.array:
      return [...dictOf(below).values()]; // keys are in order
    case TYPE.dict:
      return dictOf(below);
    case TYPE.object:
      return new AimObject(value.toString('utf8', TYPE_SIZE), fieldsOf(below));
    default:
      throw new Error(`A value is of type ${value[0]}, which is not understood.`);
  }
}

function dictOf(below: ReadonlyMap<AimKey, Node>): AimDict {
  const dict = new Map<AimKey, AimValue>();
  for (const [key, node] of below) {
    const value = valueAt(node);
    if (value !== undefined) dict.set(key, value);
  }
  return dict;
}

function fieldsOf(below: ReadonlyMap<AimKey, Node>): ReadonlyMap<string, AimValue> {
  return new Map([...dictOf(below)].map(([key, value]) => [String(key), value]));
}
