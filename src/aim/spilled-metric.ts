import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import type { PointBatch } from '../model.js';
import { gather, renumber, slicePoints } from './point-columns.js';
import { isOnOneStep, type OrderedPoints, sameSteps } from './repeated-steps.js';
import type { StepOrders } from './step-order.js';

const PARTITIONS = 256;

/** A chunk in the file: its points sorted by step id, one column after another. */
interface Chunk {
  readonly offset: number;
  readonly count: number;
  /** Where each partition starts, followed by the total. */
  readonly bounds: Uint32Array;
}

/**
 * A metric that is too long for memory and goes through a temporary file. Its chunks are sorted by step id and cut into 256
 * partitions of the id space. Read back partition by partition, over all chunks, they give the whole metric in the order of
 * its keys, in which a later arrival at a step still meets the earlier one.
 */
export class SpilledMetric {
  private readonly file: number;
  private readonly chunks: Chunk[] = [];
  private end = 0;
  private received = 0;
  private written = 0;
  /** Under `auto`, the step that all points have shared so far, and the last of them. */
  private lone: PointBatch | undefined;
  private readonly numbering: boolean;
  /** Whether some step differs from the number of its arrival. */
  private stepsChanged = false;

  constructor(
    private readonly path: string,
    policy: 'auto' | 'last' | 'index',
    private readonly orders: StepOrders,
  ) {
    this.file = openSync(path, 'wx+');
    this.numbering = policy === 'index';
    this.mayBeLone = policy === 'auto';
  }

  private mayBeLone: boolean;

  /** Whether steps were replaced by arrival numbers; final after the last {@link add}. */
  get renumbered(): boolean {
    return this.isToNumber && this.stepsChanged;
  }

  /** How many points were added. */
  get count(): number {
    return this.received;
  }

  /** Under `auto`, the step that all points so far share. */
  get loneStep(): bigint | undefined {
    return this.lone?.steps[0];
  }

  private get isToNumber(): boolean {
    return this.numbering || this.lone !== undefined;
  }

  /** How many points were replaced by later ones; known when {@link pieces} has ended. */
  get collapsed(): number {
    return this.received - this.written;
  }

  /** Adds the next points, in arrival order; at most as many as can be sorted at once. */
  add(points: PointBatch): void {
    if (points.steps.length === 0) return;
    this.settle(points);
    const first = this.received;
    this.received += points.steps.length;
    if (!this.isToNumber) {
      this.spill(points);
      return;
    }
    const numbered = renumber(points, first);
    this.stepsChanged ||= !sameSteps(points.steps, numbered.steps);
    this.spill(numbered);
  }

  /** The whole metric, each step once, in the order of ids. */
  *pieces(): Generator<OrderedPoints> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const points = this.read(partition);
      if (points.steps.length === 0) continue;
      const order = this.orders.lastWins(points.steps);
      this.written += order.order.length;
      yield { points, order };
    }
  }

  /** Removes the temporary file. */
  close(): void {
    closeSync(this.file);
    unlinkSync(this.path);
  }

  /**
   * Under `auto` a metric is numbered as long as all its points share a step. When the first other step arrives, everything
   * before it has collapsed into its last point.
   */
  private settle(points: PointBatch): void {
    if (!this.mayBeLone) return;
    const last = slicePoints(points, points.steps.length - 1);
    const before = this.lone ?? slicePoints(points, 0, 1);
    const stillLone = points.steps[0] === before.steps[0] && (points.steps.length === 1 || isOnOneStep(points.steps));
    if (stillLone) {
      this.lone = gather(last, Uint32Array.of(0));
      return;
    }
    this.mayBeLone = false;
    if (this.lone === undefined) return;
    const survivor = this.lone;
    this.lone = undefined;
    this.chunks.length = 0;
    this.end = 0;
    this.spill(survivor);
  }

  private spill(points: PointBatch): void {
    const { order, ids } = this.orders.lastWins(points.steps);
    const sorted = gather(points, order);
    const count = order.length;
    const bounds = new Uint32Array(PARTITIONS + 1).fill(count);
    // The first byte of an id is the lowest byte of its first word.
    for (let i = count - 1; i >= 0; i--) bounds[ids[i * 2]! & 255] = i;
    for (let p = PARTITIONS - 1; p >= 0; p--) bounds[p] = Math.min(bounds[p]!, bounds[p + 1]!);
    this.chunks.push({ offset: this.end, count, bounds });
    for (const column of [sorted.steps, sorted.values, sorted.timestamps]) {
      const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.file, bytes, done, bytes.length - done, this.end + done);
      }
      this.end += bytes.length;
    }
  }

  private read(partition: number): PointBatch {
    const counts = this.chunks.map(({ bounds }) => bounds[partition + 1]! - bounds[partition]!);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const columns = {
      steps: new BigInt64Array(total),
      values: new Float64Array(total),
      timestamps: new Float64Array(total),
    };
    let at = 0;
    for (const [i, chunk] of this.chunks.entries()) {
      const count = counts[i]!;
      for (const [c, column] of [columns.steps, columns.values, columns.timestamps].entries()) {
        const bytes = new Uint8Array(column.buffer, at * 8, count * 8);
        const position = chunk.offset + (c * chunk.count + chunk.bounds[partition]!) * 8;
        for (let done = 0; done < bytes.length; ) {
          const read = readSync(this.file, bytes, done, bytes.length - done, position + done);
          if (read === 0) throw new Error(`The temporary file ${this.path} was cut.`);
          done += read;
        }
      }
      at += count;
    }
    return columns;
  }
}
