import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { PointDataset } from '../../src/model.js';

export interface TestPoint {
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
  readonly dataset?: PointDataset;
}

export interface ExperimentSpec {
  readonly id: string;
  readonly name?: string;
  readonly lifecycleStage?: 'active' | 'deleted';
  /** In `.trash/`. */
  readonly trashed?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly artifactLocation?: string;
}

export interface RunSpec {
  readonly runId: string;
  readonly name?: string;
  /** MLflow's number: 1 RUNNING, 2 SCHEDULED, 3 FINISHED (default), 4 FAILED, 5 KILLED; null leaves it out. */
  readonly status?: number | null;
  readonly lifecycleStage?: 'active' | 'deleted';
  readonly startTime?: number;
  readonly endTime?: number | null;
  readonly userId?: string;
  readonly entryPoint?: string;
  /** What MLflow before 1.0 wrote where later versions have tags. */
  readonly source?: { readonly name: string; readonly type: number; readonly version: string };
  /** By default the place in the store. */
  readonly artifactUri?: string;
  readonly params?: Readonly<Record<string, string | Uint8Array>>;
  readonly tags?: Readonly<Record<string, string | Uint8Array>>;
  /** Points, or the file's text. */
  readonly metrics?: Readonly<Record<string, readonly TestPoint[] | string | Uint8Array>>;
  readonly artifacts?: Readonly<Record<string, string | Uint8Array>>;
  readonly datasets?: readonly DatasetSpec[];
  readonly models?: readonly ModelSpec[];
  /** As MLflow 0.x wrote it: run_uuid, no lifecycle stage, no run name, no steps. */
  readonly ancient?: boolean;
}

export interface DatasetSpec {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
  readonly source?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ModelSpec {
  readonly id: string;
  readonly name: string;
  /** Without one it was made outside of MLflow: it names the run, and is no output of it. */
  readonly step?: number;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly lifecycleStage?: 'active' | 'deleted';
}

/** Writes file stores as MLflow 3 does, into a temporary directory of its own. */
export class FileStoreBuilder {
  /** Holds `mlruns` and whatever else a test puts beside it. */
  readonly parent: string;
  readonly root: string;
  readonly #experiments = new Map<string, string>();

  constructor() {
    this.parent = mkdtempSync(join(tmpdir(), 'file-store-'));
    this.root = join(this.parent, 'mlruns');
    mkdirSync(this.root);
  }

  /** Returns the experiment's directory. */
  experiment(spec: ExperimentSpec): string {
    const place = spec.trashed ? join(this.root, '.trash') : this.root;
    const directory = join(place, spec.id);
    this.#experiments.set(spec.id, directory);
    write(
      join(directory, 'meta.yaml'),
      yaml({
        artifact_location: spec.artifactLocation ?? join(this.root, spec.id),
        creation_time: 1700000000000,
        experiment_id: spec.id,
        last_update_time: 1700000000000,
        lifecycle_stage: spec.lifecycleStage ?? (spec.trashed ? 'deleted' : 'active'),
        name: spec.name ?? `experiment ${spec.id}`,
      }),
    );
    writeAll(join(directory, 'tags'), spec.tags ?? {});
    return directory;
  }

  /** Returns the run's directory. */
  run(experimentId: string, spec: RunSpec): string {
    const experiment = this.#experiments.get(experimentId) ?? this.experiment({ id: experimentId });
    const directory = join(experiment, spec.runId);
    for (const part of ['metrics', 'params', 'artifacts', 'tags'])
      mkdirSync(join(directory, part), { recursive: true });
    write(join(directory, 'meta.yaml'), this.#runMeta(experimentId, spec));
    writeAll(join(directory, 'params'), spec.params ?? {});
    writeAll(join(directory, 'tags'), spec.tags ?? {});
    writeAll(join(directory, 'artifacts'), spec.artifacts ?? {});
    for (const [key, points] of Object.entries(spec.metrics ?? {})) {
      const file = join(directory, 'metrics', key);
      write(file, isContent(points) ? points : points.map((point) => metricLine(point, spec.ancient)).join(''));
    }
    for (const dataset of spec.datasets ?? []) writeDataset(experiment, directory, dataset);
    for (const model of spec.models ?? []) writeModel(experiment, directory, experimentId, model);
    return directory;
  }

  remove(): void {
    rmSync(this.parent, { recursive: true, force: true });
  }

  #runMeta(experimentId: string, spec: RunSpec): string {
    const fields: Record<string, YamlScalar> = {
      artifact_uri: spec.artifactUri ?? join(this.root, experimentId, spec.runId, 'artifacts'),
      end_time: spec.endTime === undefined ? 1700000060000 : spec.endTime,
      entry_point_name: spec.entryPoint ?? '',
      experiment_id: spec.ancient ? Number(experimentId) : experimentId,
    };
    if (!spec.ancient) {
      fields.lifecycle_stage = spec.lifecycleStage ?? 'active';
      fields.run_id = spec.runId;
      fields.run_name = spec.name ?? `run ${spec.runId.slice(0, 4)}`;
    } else {
      fields.run_uuid = spec.runId;
    }
    Object.assign(fields, {
      source_name: spec.source?.name ?? '',
      source_type: spec.source?.type ?? 4,
      source_version: spec.source?.version ?? '',
      start_time: spec.startTime ?? 1700000000000,
    });
    if (spec.status !== null) fields.status = spec.status ?? 3;
    return `${yaml(fields)}tags: []\n${yaml({ user_id: spec.userId ?? 'tester' })}`;
  }
}

/** A line of a metric file. */
export function metricLine(point: TestPoint, ancient = false): string {
  const { timestamp, value, step, dataset } = point;
  const behind = dataset === undefined ? '' : ` ${dataset.name} ${dataset.digest}`;
  return `${timestamp} ${pythonFloatText(value)}${ancient ? '' : ` ${step}${behind}`}\n`;
}

/** Python's `str(float)`: the shortest digits, in scientific notation below 1e-4 and from 1e16 on. */
export function pythonFloatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [, sign = '', first = '', rest = '', exponentText = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const exponent = Number(exponentText);
  const digits = first + rest;
  if (exponent < -4 || exponent >= 16) {
    const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
    return `${sign}${first}${rest === '' ? '' : `.${rest}`}e${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`;
}

type YamlScalar = string | number | null;

function yaml(fields: Readonly<Record<string, YamlScalar>>): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? yamlString(value) : value}\n`)
    .join('');
}

/** Quoted where PyYAML would quote; JSON's strings are YAML's double-quoted ones. */
function yamlString(text: string): string {
  if (/^(?!(?:null|true|false|yes|no|on|off)$)[A-Za-z/][\w./-]*$/i.test(text)) return text;
  return /^[ -~]*$/.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

function writeDataset(experiment: string, run: string, { id, name, digest, context, source, tags }: DatasetSpec): void {
  const fields = {
    digest,
    name,
    profile: null,
    schema: null,
    source: source ?? '{"uri": "/data"}',
    source_type: 'local',
  };
  write(join(experiment, 'datasets', id, 'meta.yaml'), yaml(fields));
  const all = { ...(context !== undefined && { 'mlflow.data.context': context }), ...tags };
  const lines = Object.entries(all).map(([tag, value]) => `  ${tag}: ${yamlString(value)}\n`);
  const input = { destination_id: id, destination_type: 'RUN', source_id: id, source_type: 'DATASET' };
  write(
    join(run, 'inputs', `input-${id}`, 'meta.yaml'),
    `${yaml(input)}tags:${lines.length === 0 ? ' {}' : ''}\n${lines.join('')}`,
  );
}

function writeModel(experiment: string, run: string, experimentId: string, model: ModelSpec): void {
  const directory = join(experiment, 'models', model.id);
  const output = {
    destination_id: model.id,
    destination_type: 'MODEL_OUTPUT',
    source_id: model.id,
    source_type: 'RUN_OUTPUT',
  };
  const { step } = model;
  if (step !== undefined) write(join(run, 'outputs', model.id, 'meta.yaml'), `${yaml({ ...output, step })}tags: {}\n`);
  const fields = {
    artifact_location: join(directory, 'artifacts'),
    experiment_id: experimentId,
    ...(model.lifecycleStage === undefined ? {} : { lifecycle_stage: model.lifecycleStage }),
    model_id: model.id,
    model_type: null,
    name: model.name,
    source_run_id: basename(run),
    status: 2,
    status_message: null,
  };
  write(join(directory, 'meta.yaml'), yaml(fields));
  writeAll(join(directory, 'params'), model.params ?? {});
  writeAll(join(directory, 'tags'), model.tags ?? {});
}

function writeAll(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [key, content] of Object.entries(files)) write(join(directory, key), content);
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function isContent(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}
