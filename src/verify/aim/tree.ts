import type { DictKey, DictValue, Value } from '../contents.js';
import type { PathElement } from './keys.js';
import { decodeRecord, type RecordContent } from './records.js';

/** Why a tree of records is no value; `at` is the path from the tree's root. */
export interface TreeFault {
  readonly code: 'record-malformed' | 'blob-missing';
  readonly at: readonly PathElement[];
  readonly found: string;
}

interface Node {
  content: RecordContent | undefined;
  /** The bytes of a record that cannot be decoded. */
  record?: Uint8Array;
  children: Map<DictKey, Node> | undefined;
}

/** Gathers the records of one value of Aim's (docs/aim-repo-format.md §3.3), in any order. */
export class Tree {
  private readonly root: Node = { content: undefined, children: undefined };

  /**
   * @param path from the root of the tree
   * @param record of a BLOB the record with its bytes, or its empty sentinel where there is none
   */
  add(path: readonly PathElement[], record: Uint8Array): void {
    const node = this.node(path);
    node.content = decodeRecord(record);
    if (node.content.kind === 'malformed') node.record = new Uint8Array(record);
  }

  get isEmpty(): boolean {
    return this.root.content === undefined && this.root.children === undefined;
  }

  value(onFault: (fault: TreeFault) => void): Value {
    return toValue(this.root, [], onFault);
  }

  /** The same, of a tree that is a dict even when nothing says so. */
  dict(onFault: (fault: TreeFault) => void): DictValue {
    const value = this.isEmpty ? undefined : this.value(onFault);
    if (value?.type === 'dict') return value;
    if (value !== undefined)
      onFault({ code: 'record-malformed', at: [], found: `not a dict but of type ${value.type}` });
    return { type: 'dict', entries: new Map() };
  }

  private node(path: readonly PathElement[]): Node {
    let node = this.root;
    for (const element of path) {
      node.children ??= new Map();
      let child = node.children.get(element);
      if (child === undefined) {
        child = { content: undefined, children: undefined };
        node.children.set(element, child);
      }
      node = child;
    }
    return node;
  }
}

function toValue(node: Node, at: readonly PathElement[], onFault: (fault: TreeFault) => void): Value {
  const { content, children } = node;
  const child = (key: PathElement, one: Node) => toValue(one, [...at, key], onFault);
  const malformed = (found: string): Value => {
    onFault({ code: 'record-malformed', at, found });
    return { type: 'unreadable', record: node.record ?? new Uint8Array(0) };
  };
  switch (content?.kind) {
    case 'value':
      return children === undefined ? content.value : malformed(`a ${content.value.type} that has parts`);
    case 'malformed':
      return malformed(`bytes that mean nothing (${hex(node.record)})`);
    case 'blob':
      onFault({ code: 'blob-missing', at, found: 'no bytes' });
      return { type: 'unreadable', record: new Uint8Array(0) };
    case 'list':
      return toList(children, child) ?? malformed('a list with other keys than 0, 1, 2 …');
    case 'object':
      return { type: 'object', name: content.name, fields: toFields(children, child) };
    default: {
      const entries = new Map([...(children ?? [])].map(([key, one]) => [key, child(key, one)]));
      return { type: 'dict', entries };
    }
  }
}

function toList(
  children: ReadonlyMap<DictKey, Node> | undefined,
  child: (key: PathElement, one: Node) => Value,
): Value | undefined {
  const items: Value[] = [];
  for (let i = 0; i < (children?.size ?? 0); i++) {
    const one = children!.get(BigInt(i));
    if (one === undefined) return undefined;
    items.push(child(BigInt(i), one));
  }
  return { type: 'list', items };
}

function toFields(
  children: ReadonlyMap<DictKey, Node> | undefined,
  child: (key: PathElement, one: Node) => Value,
): Map<string, Value> {
  return new Map([...(children ?? [])].map(([key, one]) => [String(key), child(key, one)]));
}

function hex(record: Uint8Array | undefined): string {
  const shown = Buffer.from(record ?? [])
    .subarray(0, 12)
    .toString('hex');
  return (record?.length ?? 0) > 12 ? `0x${shown}…` : `0x${shown}`;
}
