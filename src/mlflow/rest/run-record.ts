import { createHash } from 'node:crypto';
import { ConvertError } from '../../errors.js';
import type { DatasetInput, Experiment, LifecycleStage, LoggedModel, Run, RunStatus } from '../../model.js';
import type { MetricPoint } from '../common/arrival-order.js';
import { contextAndTags } from '../common/dataset-input.js';
import type { CountedRun } from '../common/run-totals.js';
import type { RunExtent } from '../common/tracking-store.js';
import { asText, type Fields, fields, filled, int64, keyValues, list, numeric, optional } from './wire/wire.js';

const STATUSES: ReadonlySet<string> = new Set(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']);

/** The point of a metric with the highest step, as MLflow lists it. */
export interface LatestPoint extends MetricPoint {
  /** Changes when another point becomes the latest. */
  readonly state: string;
}

/** A run as runs/search and runs/get give it. */
export interface RunRecord {
  /** Without its models, which need requests of their own. */
  readonly run: Omit<Run, 'models'>;
  /** The latest point of each metric, by key. */
  readonly latest: ReadonlyMap<string, LatestPoint>;
  /** The models among its outputs, with their steps. */
  readonly outputs: ReadonlyMap<string, bigint | undefined>;
  /** Changes when anything of the run's JSON changes but the order of its lists. */
  readonly digest: string;
}

/** The id of a run's JSON, if it has one. */
export function runIdOf(json: Fields): string | undefined {
  const info = fields(json.info);
  return filled(info.run_id) ?? filled(info.run_uuid);
}

/** Of a run's JSON, what a listing of experiments counts. */
export function countedRun(json: Fields): CountedRun {
  const info = fields(json.info);
  return { lifecycleStage: lifecycleStage(info), startTime: numeric(info.start_time), endTime: numeric(info.end_time) };
}

/** @param json the value of `run`, or an item of `runs` */
export function runRecord(json: Fields, runId: string, experimentId: string): RunRecord {
  const [info, data, inputs, outputs] = [
    fields(json.info),
    fields(json.data),
    fields(json.inputs),
    fields(json.outputs),
  ];
  const status = asText(info.status) ?? '';
  return {
    run: {
      id: runId,
      experimentId,
      ...optional('name', filled(info.run_name)),
      status: (STATUSES.has(status) ? status : 'RUNNING') as RunStatus,
      lifecycleStage: lifecycleStage(info),
      ...optional('startTime', numeric(info.start_time)),
      ...optional('endTime', numeric(info.end_time)),
      ...optional('userId', filled(info.user_id)),
      ...optional('artifactUri', filled(info.artifact_uri)),
      params: keyValues(data.params),
      tags: keyValues(data.tags),
      datasets: list(inputs.dataset_inputs).map(datasetInput),
    },
    latest: new Map(list(data.metrics).map((item) => [asText(item.key) ?? '', latestPoint(item)])),
    outputs: new Map(list(outputs.model_outputs).map((item) => [asText(item.model_id) ?? '', int64(item.step)])),
    digest: digest([
      info,
      ...[data.metrics, data.params, data.tags, inputs.dataset_inputs, inputs.model_inputs, outputs.model_outputs].map(
        sorted,
      ),
    ]),
  };
}

/** As if a point had been logged at each step up to the latest. */
export function extentOf(latest: RunRecord['latest']): RunExtent {
  let points = 0;
  for (const { step } of latest.values()) points += Math.max(1, Number(step) + 1);
  return { metrics: latest.size, points, isExact: false };
}

function latestPoint({ step, timestamp, value }: Fields): LatestPoint {
  return {
    step: int64(step) ?? 0n,
    timestamp: numeric(timestamp) ?? 0,
    value: value === undefined ? 0 : Number(value), // NaN and the infinities are strings
    state: [step, timestamp, value].join(' '),
  };
}

/** A short digest of JSON; objects must have their keys in a stable order, as in a server's responses. */
export function digest(json: unknown): string {
  return createHash('sha256').update(textOf(json)).digest('base64url').slice(0, 24);
}

/** Unlike its parser, V8's JSON writer is recursive. */
function textOf(json: unknown): string {
  try {
    return JSON.stringify(json);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ConvertError('skip-run', 'bad-response', "The server's response about a run is nested too deeply.", {
      cause,
    });
  }
}

function sorted(items: unknown): string[] {
  return Array.isArray(items) ? items.map(textOf).sort() : [];
}

function lifecycleStage(json: Fields): LifecycleStage {
  return json.lifecycle_stage === 'deleted' ? 'deleted' : 'active';
}

function datasetInput(json: Fields): DatasetInput {
  const dataset = fields(json.dataset);
  return {
    name: asText(dataset.name) ?? '',
    digest: asText(dataset.digest) ?? '',
    ...contextAndTags(keyValues(json.tags)),
    ...optional('sourceType', filled(dataset.source_type)),
    ...optional('source', filled(dataset.source)),
    ...optional('schema', filled(dataset.schema)),
    ...optional('profile', filled(dataset.profile)),
  };
}

/** @param json an item of `experiments` */
export function experimentRecord(json: Fields): Experiment {
  return {
    id: asText(json.experiment_id) ?? '',
    name: asText(json.name) ?? '',
    lifecycleStage: lifecycleStage(json),
    ...optional('artifactLocation', filled(json.artifact_location)),
    ...optional('creationTime', numeric(json.creation_time)),
    tags: keyValues(json.tags),
  };
}

/** @param json the value of `model`, or an item of `models` */
export function modelRecord(json: Fields, step: bigint | undefined): LoggedModel {
  const info = fields(json.info);
  return {
    modelId: asText(info.model_id) ?? '',
    ...optional('name', filled(info.name)),
    ...optional('type', filled(info.model_type)),
    ...optional('status', modelStatus(asText(info.status))),
    ...optional('artifactUri', filled(info.artifact_uri)),
    ...optional('step', step),
    params: keyValues(fields(json.data).params),
    tags: keyValues(info.tags),
  };
}

/** From the protocol's names to those of mlflow.entities.LoggedModelStatus. */
function modelStatus(status: string | undefined): string | undefined {
  if (status === 'LOGGED_MODEL_UPLOAD_FAILED') return 'FAILED';
  return status?.replace(/^LOGGED_MODEL_(STATUS_)?/, '');
}
