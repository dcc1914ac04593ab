import { ByteReader, compareBytes, EntryType, KEY_TRAILER, MalformedBytesError, sequenceAt } from './bytes.js';
import { damaged, unsupported } from './damage.js';
import type { LiveTable } from './manifest.js';
import { plainEntries } from './plain-block.js';
import type { RangeTombstone } from './range-tombstones.js';
import { type BlockHandle, TableFile } from './table-file.js';
import { readIndex, type TableIndex } from './table-index.js';

const FOOTER = 53;
const MAGIC_LOW = 0x85f4cff7;
const MAGIC_HIGH = 0x88e241b7;
const CRC32C = 1;
const VERSIONS = { least: 2, greatest: 5 };

interface Footer {
  readonly metaindex: BlockHandle;
  readonly index: BlockHandle;
  readonly version: number;
}

/** What a table says about itself. */
interface Properties {
  readonly entries: number;
  readonly rangeDeletions: number;
  readonly indexType: number;
  readonly indexOfUserKeys: boolean;
  readonly indexDeltaEncoded: boolean;
}

/** An open block-based table as Aim's RocksDB and mlflow2aim write it: format version 2 to 5, CRC32C, one index block. */
export class Table {
  readonly file: TableFile;
  readonly properties: Properties;
  /** Cut to the table's bounds, as RocksDB does: beyond them other tables of the level have a say. */
  readonly tombstones: readonly RangeTombstone[];
  private readonly footer: Footer;
  private loadedIndex: TableIndex | undefined;

  /** Throws Node's error when the file cannot be opened, `damaged-file` or `unsupported-version` when it cannot be read. */
  constructor(
    path: string,
    readonly name: string,
    readonly live: LiveTable,
  ) {
    this.file = new TableFile(path, name, live.size);
    try {
      this.footer = this.sound(() => this.readFooter());
      const parts = this.sound(() => this.readMetaindex());
      this.properties = this.sound(() => this.readProperties(parts.get('rocksdb.properties')));
      this.tombstones = this.sound(() => this.readTombstones(parts.get('rocksdb.range_del')));
      if (this.properties.indexType !== 0) throw unsupported(name, `has an index of type ${this.properties.indexType}`);
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  get index(): TableIndex {
    this.loadedIndex ??= this.sound(() => {
      const { indexOfUserKeys, indexDeltaEncoded } = this.properties;
      const block = this.file.block(this.footer.index);
      return readIndex(block, { trailer: indexOfUserKeys ? 0 : KEY_TRAILER, deltaEncoded: indexDeltaEncoded });
    });
    return this.loadedIndex;
  }

  /** Runs `read` and tells of malformed bytes as damage of this table. */
  sound<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof MalformedBytesError) throw damaged(this.name, `is damaged: ${error.message}`);
      throw error;
    }
  }

  close(): void {
    this.file.close();
  }

  private readFooter(): Footer {
    const { file, name } = this;
    if (file.size < FOOTER) throw damaged(name, `is damaged: ${file.size} bytes are too short for a table`);
    const footer = new ByteReader(file.bytes(file.size - FOOTER, FOOTER));
    const checksum = footer.byte();
    const metaindex = readHandle(footer);
    const index = readHandle(footer);
    const padding = footer.take(FOOTER - 12 - footer.position);
    if (padding.some((byte) => byte !== 0)) throw new MalformedBytesError('its last bytes are not those of a table');
    const version = footer.fixed32();
    if (footer.fixed32() !== MAGIC_LOW || footer.fixed32() !== MAGIC_HIGH) {
      throw damaged(name, 'is damaged: it does not end as a table does');
    }
    if (version < VERSIONS.least || version > VERSIONS.greatest)
      throw unsupported(name, `has format version ${version}`);
    if (checksum !== CRC32C) throw unsupported(name, `has checksums of type ${checksum}`);
    return { metaindex, index, version };
  }

  private readMetaindex(): ReadonlyMap<string, BlockHandle> {
    const parts = new Map<string, BlockHandle>();
    for (const { key, value } of plainEntries(this.file.block(this.footer.metaindex))) {
      parts.set(Buffer.from(key).toString('latin1'), readHandle(new ByteReader(value)));
    }
    return parts;
  }

  private readProperties(handle: BlockHandle | undefined): Properties {
    if (handle === undefined) throw new MalformedBytesError('its properties are missing');
    const found = new Map<string, Uint8Array>();
    for (const { key, value } of plainEntries(this.file.block(handle))) {
      found.set(Buffer.from(key).toString('latin1'), value);
    }
    const varint = (name: string) => {
      const value = found.get(name);
      return value === undefined ? 0 : new ByteReader(value).varint();
    };
    const type = found.get('rocksdb.block.based.table.index.type');
    return {
      entries: varint('rocksdb.num.entries'),
      rangeDeletions: varint('rocksdb.num.range-deletions'),
      indexType: type === undefined ? 0 : new ByteReader(type).fixed32(),
      indexOfUserKeys: varint('rocksdb.index.key.is.user.key') === 1,
      indexDeltaEncoded: this.footer.version >= 4 && varint('rocksdb.index.value.is.delta.encoded') === 1,
    };
  }

  private readTombstones(handle: BlockHandle | undefined): RangeTombstone[] {
    if (handle === undefined) return [];
    const tombstones: RangeTombstone[] = [];
    for (const { key, value } of plainEntries(this.file.block(handle))) {
      const length = key.length - KEY_TRAILER;
      if (length < 0 || key[length] !== EntryType.rangeDeletion)
        throw new MalformedBytesError('a range deletion is broken');
      tombstones.push({ ...this.cut(key.subarray(0, length), value), sequence: sequenceAt(key, length) });
    }
    return tombstones;
  }

  private cut(start: Uint8Array, end: Uint8Array): { start: Uint8Array; end: Uint8Array } {
    const { smallest, largest } = this.live;
    const first = userKey(smallest);
    const last = userKey(largest);
    // a bound that a range deletion itself has set is exclusive; any other key belongs to the table
    const isExclusive = largest[last.length] === EntryType.rangeDeletion;
    const limit = isExclusive ? last : Buffer.concat([last, Buffer.of(0)]);
    return { start: later(start, first), end: later(end, limit) === end ? limit : end };
  }
}

function later(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareBytes(a, a.length, b, b.length) >= 0 ? a : b;
}

function userKey(internal: Uint8Array): Uint8Array {
  return internal.subarray(0, internal.length - KEY_TRAILER);
}

function readHandle(reader: ByteReader): BlockHandle {
  const offset = reader.varint();
  return { offset, size: reader.varint() };
}
