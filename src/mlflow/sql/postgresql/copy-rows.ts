import { ConvertError } from '../../../errors.js';
import type { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';

/** The signature, the flags, and the length of a header extension. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER = SIGNATURE.length + 8;
const TWO_32 = 2 ** 32;

/** The columns that {@link CopyRows} reads, in this order; then, of more than one metric, the key. */
export const COPIED = 'timestamp::int8, step::int8, value::float8, is_nan::bool';

/** Field count, and three fields of 8 bytes and one of 1, each behind its length. */
const POINT = 2 + 3 * (4 + 8) + (4 + 1);

/**
 * Parses PostgreSQL's binary COPY format (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format") into columns,
 * straight from the bytes. Chunks may be cut anywhere.
 */
export class CopyRows {
  readonly #one: MetricColumns | undefined;
  readonly #table: MetricTable | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #ended = false;
  #lastKey: Buffer = Buffer.alloc(0);
  #lastColumns: MetricColumns | undefined;

  /** @param into a table, when the rows end with the key, or the columns of the one metric */
  constructor(into: MetricTable | MetricColumns) {
    if ('of' in into) this.#table = into;
    else this.#one = into;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#parse(bytes);
    this.#rest = bytes.subarray(end);
  }

  /** Throws when the stream ended before its trailer. */
  end(): void {
    if (!this.#ended || this.#rest.length > 0) throw malformed();
  }

  /** Parses what is whole; gives how far that reached. */
  #parse(bytes: Buffer): number {
    let at = 0;
    if (!this.#begun) {
      at = this.#header(bytes);
      if (at === 0) return 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let next = this.#row(bytes, view, at); next > at; next = this.#row(bytes, view, at)) at = next;
    return at;
  }

  #header(bytes: Buffer): number {
    if (bytes.length < HEADER) return 0;
    if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw malformed();
    const end = HEADER + bytes.readInt32BE(HEADER - 4);
    if (bytes.length < end) return 0;
    this.#begun = true;
    return end;
  }

  /** Parses one row; gives where the next begins, or `at` when the row is not whole yet or was the last. */
  #row(bytes: Buffer, view: DataView, at: number): number {
    if (bytes.length < at + 2) return at;
    const fields = view.getInt16(at);
    if (this.#ended || (fields !== -1 && fields !== (this.#one === undefined ? 5 : 4))) throw malformed();
    if (fields === -1) {
      this.#ended = true;
      if (bytes.length > at + 2) throw malformed();
      return at + 2;
    }
    let end = at + POINT;
    if (bytes.length < end) return at;
    let columns = this.#one;
    if (columns === undefined) {
      if (bytes.length < end + 4) return at;
      const length = view.getInt32(end);
      if (length < 0) throw malformed();
      end += 4 + length;
      if (bytes.length < end) return at;
      columns = this.#columnsOf(bytes, end - length, end);
    }
    if (view.getInt32(at + 2) !== 8 || view.getInt32(at + 14) !== 8 || view.getInt32(at + 26) !== 8) throw malformed();
    if (view.getInt32(at + 38) !== 1) throw malformed();
    const timestamp = view.getInt32(at + 6) * TWO_32 + view.getUint32(at + 10);
    const value = bytes[at + 42] === 0 ? view.getFloat64(at + 30) : Number.NaN;
    columns.pushWords(timestamp, value, view.getInt32(at + 18), view.getInt32(at + 22));
    return end;
  }

  /** Rows of one metric often follow each other: its key is decoded once. */
  #columnsOf(bytes: Buffer, from: number, to: number): MetricColumns {
    if (this.#lastColumns !== undefined && bytes.compare(this.#lastKey, 0, this.#lastKey.length, from, to) === 0) {
      return this.#lastColumns;
    }
    const columns = (this.#table as MetricTable).of(bytes.toString('utf8', from, to));
    this.#lastKey = Buffer.from(bytes.subarray(from, to));
    this.#lastColumns = columns;
    return columns;
  }
}

function malformed(): ConvertError {
  return new ConvertError('skip-run', "The database's answer to COPY is not in PostgreSQL's binary format.", {
    hint: 'Is something other than PostgreSQL 10 or later behind the URI?',
  });
}
