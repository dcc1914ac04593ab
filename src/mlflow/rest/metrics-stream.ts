import { pipeline } from 'node:stream';
import { MAX_POINT_BYTES } from '../common/bounds.js';
import { BATCH_POINTS } from '../common/point-buffer.js';
import { MalformedJsonError } from '../http/exact-json.js';
import { ResponseTooLargeError } from '../http/response.js';
import { PointList } from './point-list.js';
import type { ServerPoints } from './server-points.js';

/** A metric as the protobuf endpoints write it; numbers as text. */
interface Metric {
  readonly value?: string;
  readonly timestamp?: string;
  readonly step?: string;
}

/**
 * Parses a response of get-history that holds a whole history (servers before MLflow 3) as it arrives, in constant memory.
 * Every batch but the last is full. Rejects if the response is cut, with {@link MalformedJsonError} if it is not such JSON,
 * with {@link ResponseTooLargeError} if one point of it is too large.
 */
export async function* streamMetrics(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerPoints, void, void> {
  // rarely needed, and slow to load
  const { pick } = await import('stream-json/filters/pick.js');
  const { streamArray } = await import('stream-json/streamers/stream-array.js');
  const metrics = streamArray.asStream({ numberAsString: true });
  const parser = pick.withParserAsStream({ filter: 'metrics' });
  const source = new Source(body);
  pipeline(source.chunks(), parser, metrics, () => {}); // errors come out of the last stream
  let points = new PointList();
  try {
    for await (const { value } of metrics as AsyncIterable<{ value: Metric }>) {
      source.sinceLastPoint = 0;
      points.push(Number(value.timestamp ?? 0), double(value.value ?? '0'), integer(value.step ?? '0'));
      if (points.length < BATCH_POINTS) continue;
      yield* points.batches();
      points = new PointList();
    }
  } catch (cause) {
    throw source.error ?? malformed(cause, source.ended);
  }
  yield* points.batches();
}

/** The bytes on their way into the parser; keeps their errors apart from the parser's. */
class Source {
  sinceLastPoint = 0;
  ended = false;
  error: unknown;

  constructor(private readonly body: AsyncIterable<Uint8Array>) {}

  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const chunk of this.body) {
        if (this.sinceLastPoint > MAX_POINT_BYTES) throw new ResponseTooLargeError(MAX_POINT_BYTES);
        this.sinceLastPoint += chunk.length;
        yield chunk;
      }
      this.ended = true;
    } catch (cause) {
      this.error = cause;
      throw cause;
    }
  }
}

/** @param ended whether all bytes had arrived, so that the end is missing */
function malformed(cause: unknown, ended: boolean): MalformedJsonError {
  if (cause instanceof MalformedJsonError) return cause;
  return new MalformedJsonError(cause instanceof Error ? cause.message : String(cause), ended);
}

function double(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new MalformedJsonError(`${text} is not a number`, false);
  return value;
}

function integer(text: string): bigint {
  if (!/^-?\d{1,20}$/.test(text)) throw new MalformedJsonError(`${text} is not a step`, false);
  return BigInt(text);
}
