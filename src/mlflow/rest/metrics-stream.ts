import { pipeline, type Readable } from 'node:stream';
import type { PointBatch } from '../../model.js';
import { BATCH_POINTS } from '../file/point-columns.js';
import { PointList } from './point-list.js';

/** A metric as the protobuf endpoints write it; numbers as the text that they were. */
interface Metric {
  readonly value?: string;
  readonly timestamp?: string;
  readonly step?: string;
}

/**
 * Parses an answer of get-history that holds a whole history at once (servers before MLflow 3), as its bytes come: the
 * memory that it takes does not grow with it. Every batch but the last is full. Rejects when the answer is cut.
 */
export async function* streamMetrics(body: Readable): AsyncGenerator<PointBatch, void, void> {
  // seldom needed, and it takes long to load
  const { pick } = await import('stream-json/filters/pick.js');
  const { streamArray } = await import('stream-json/streamers/stream-array.js');
  const metrics = streamArray.asStream({ numberAsString: true });
  const parser = pick.withParserAsStream({ filter: 'metrics' });
  pipeline(body, parser, metrics, () => {}); // an error comes out of the last stream
  let points = new PointList();
  for await (const { value } of metrics as AsyncIterable<{ value: Metric }>) {
    points.push(Number(value.timestamp ?? 0), double(value.value ?? '0'), BigInt(value.step ?? 0));
    if (points.length < BATCH_POINTS) continue;
    yield* points.batches();
    points = new PointList();
  }
  yield* points.batches();
}

function double(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new SyntaxError(`${text} is no number`);
  return value;
}
