const FIRST_CAPACITY = 64 * 1024;

/**
 * Gathers the chunks of one file. Stops as soon as they are more than `limit` bytes, whatever a listing promised, and
 * returns undefined then. `sizeHint` saves copying when it is right and does no harm when it is wrong.
 */
export async function readBytes(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  sizeHint: number | undefined,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let bytes = new Uint8Array(Math.min(limit, sizeHint ?? FIRST_CAPACITY));
  let length = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    const needed = length + chunk.length;
    if (needed > limit) return undefined;
    if (needed > bytes.length) {
      const wider = new Uint8Array(Math.min(limit, Math.max(needed, bytes.length * 2)));
      wider.set(bytes.subarray(0, length));
      bytes = wider;
    }
    bytes.set(chunk, length);
    length = needed;
  }
  signal.throwIfAborted();
  // A copy and no view: a view would take the whole buffer with it to another thread.
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
