import { ByteReader, MalformedBytesError } from './bytes.js';

/** The bytes of a block in front of its restart points. */
export function blockLimit(block: Uint8Array): { limit: number; restarts: number } {
  if (block.length < 4) throw new MalformedBytesError('a block is too short');
  const restarts = new ByteReader(block, block.length - 4).fixed32();
  const limit = block.length - 4 - restarts * 4;
  // the highest bit would say that a hash index follows, which Aim's RocksDB does not write
  if (limit < 0) throw new MalformedBytesError('a block has more restart points than bytes');
  return { limit, restarts };
}

/** The entries of a small block, such as that of the properties; keys are copies, values are not. */
export function* plainEntries(block: Uint8Array): Generator<{ key: Uint8Array; value: Uint8Array }> {
  const reader = new ByteReader(block, 0, blockLimit(block).limit);
  let previous: Uint8Array = new Uint8Array(0);
  while (!reader.atEnd) {
    const shared = reader.varint();
    const unshared = reader.varint();
    const length = reader.varint();
    if (shared > previous.length) throw new MalformedBytesError('a key shares more than there is');
    const key = Buffer.concat([previous.subarray(0, shared), reader.take(unshared)]);
    yield { key, value: reader.take(length) };
    previous = key;
  }
}
