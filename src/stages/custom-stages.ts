import { ConvertError } from '../errors.js';
import type { ArtifactRecord, Experiment, Run, RunRef, StageContext } from '../model.js';
import type { HistoryBatch } from './fetch-histories.js';

/** The run that a stage of a program's own works on. */
export interface StageRun {
  readonly experiment: Experiment;
  readonly ref: RunRef;
  readonly run: Run;
}

/** A stage: takes a stream and returns a stream. It is pulled from, so it should read no further than it has to. */
export type CustomStage<Item> = (
  items: AsyncIterable<Item>,
  run: StageRun,
  context: StageContext,
) => AsyncIterable<Item>;

/**
 * Stages of a program's own, between reading a run and writing it; a generator function is one. Each is called once for each run
 * that is written, and several runs are written at a time. What it throws fails the run. `context.signal` ends it.
 *
 * Functions do not cross to worker threads, so a conversion with such stages runs in the calling thread. It writes active runs
 * whole whenever they have changed, because appending reads only what is new and a stage may need what came before.
 */
export interface CustomStages {
  /**
   * Says what the stages do, as `every-other-point 1`. A run is written again when this has changed, and not when only the
   * functions have.
   */
  readonly version: string;
  /**
   * Between the histories and the writer. Batches come metric by metric, in ascending order of `target.sequence.key`, the points of
   * a metric in arrival order; they have to leave in that order, too. A batch belongs to the stage, which may change it in place; one
   * that is made of it keeps its `dataset`.
   */
  readonly histories?: CustomStage<HistoryBatch>;
  /** Between the artifacts and the writer. Records have to leave in the order in which they come. */
  readonly artifacts?: CustomStage<ArtifactRecord>;
}

/** What is written of a run, stream by stream. */
export interface RunStreams {
  readonly histories: AsyncIterable<HistoryBatch>;
  readonly artifacts: AsyncIterable<ArtifactRecord>;
}

/** The streams of a run as the stages, if there are any, leave them. */
export function throughStages(
  { histories, artifacts }: RunStreams,
  stages: CustomStages | undefined,
  run: StageRun,
  context: StageContext,
): RunStreams {
  const changed = stages?.histories?.(histories, run, context);
  return {
    histories: changed === undefined ? histories : checked(changed, stages?.version ?? ''),
    artifacts: stages?.artifacts?.(artifacts, run, context) ?? artifacts,
  };
}

/** The writer relies on what the stages of this project keep to. */
async function* checked(batches: AsyncIterable<HistoryBatch>, version: string): AsyncGenerator<HistoryBatch> {
  let previous = '';
  for await (const item of batches) {
    const { target, batch } = item;
    const { steps, values, timestamps } = batch;
    if (steps.length !== values.length || steps.length !== timestamps.length) {
      const lengths = `${steps.length} steps, ${values.length} values and ${timestamps.length} timestamps`;
      throw broken(`The stage "${version}" made a batch of ${lengths} of the metric ${target.key}.`);
    }
    if (target.sequence.key < previous) {
      throw broken(`The stage "${version}" changed the order of the metrics: ${target.key} came too late.`);
    }
    previous = target.sequence.key;
    if (steps.length > 0) yield item;
  }
}

function broken(message: string): ConvertError {
  return new ConvertError('skip-run', 'invalid-argument', message);
}
