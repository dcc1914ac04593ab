import { ConvertError } from '../../../errors.js';
import type { MetricColumns } from '../metric-columns.js';
import type { MetricTable } from '../metric-table.js';

/** The signature, the flags, and the length of a header extension. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER = SIGNATURE.length + 8;
const TWO_32 = 2 ** 32;

/** The columns that {@link CopyRows} reads, in this order; followed by the key, if there are several metrics. */
export const COPIED = 'timestamp::int8, step::int8, value::float8, is_nan::bool';

/** The field count, three fields of 8 bytes and one of 1 byte, each after its length. */
const POINT = 2 + 3 * (4 + 8) + (4 + 1);

/**
 * Parses PostgreSQL's binary COPY format (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format") into columns,
 * directly from the bytes. Chunks may end anywhere.
 */
export class CopyRows {
  readonly #one: MetricColumns | undefined;
  readonly #table: MetricTable | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #ended = false;
  #lastKey: Buffer = Buffer.alloc(0);
  #lastColumns: MetricColumns | undefined;

  /** @param into a table, if the rows end with the key, or the columns of the only metric */
  constructor(into: MetricTable | MetricColumns) {
    if ('of' in into) this.#table = into;
    else this.#one = into;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#parse(bytes);
    this.#rest = bytes.subarray(end);
  }

  /** Throws if the stream ended before its trailer. */
  end(): void {
    if (!this.#ended || this.#rest.length > 0) throw malformed();
  }

  /** Parses all complete rows, and returns the end of the last one. */
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

  /** Parses one row, and returns the start of the next one, or `at` if the row is incomplete or was the last. */
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

  /** Consecutive rows often belong to one metric, whose key is then decoded only once. */
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
  return new ConvertError(
    'skip-run',
    'bad-response',
    "The database's answer to COPY is not in PostgreSQL's binary format.",
    {
      hint: 'Check that the URI leads to PostgreSQL 10 or later.',
    },
  );
}
