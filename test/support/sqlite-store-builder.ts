import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { MLFLOW_3_17 } from './mlflow-schema.js';

export interface SqlPoint {
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
}

export interface SqlRun {
  readonly runId: string;
  readonly name?: string | null;
  readonly status?: string;
  readonly startTime?: number | null;
  readonly endTime?: number | null;
  readonly lifecycleStage?: 'active' | 'deleted';
  readonly artifactUri?: string;
  readonly entryPoint?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly metrics?: Readonly<Record<string, readonly SqlPoint[]>>;
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly datasets?: readonly {
    readonly id: string;
    readonly name: string;
    readonly digest: string;
    readonly context?: string;
    readonly tags?: Readonly<Record<string, string>>;
  }[];
  readonly models?: readonly {
    readonly id: string;
    readonly name: string;
    readonly step?: number;
    readonly status?: number;
    readonly deleted?: boolean;
    readonly params?: Readonly<Record<string, string>>;
    readonly tags?: Readonly<Record<string, string>>;
  }[];
}

export interface SqlExperiment {
  readonly id: bigint | number;
  readonly name: string;
  readonly deleted?: boolean;
  readonly workspace?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Writes MLflow's tables as MLflow 3.17 makes them and fills them, for tests that need nothing but Node. */
export class SqliteStoreBuilder {
  readonly directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-sql-'));
  readonly file = join(this.directory, 'mlflow.db');
  readonly database: DatabaseSyncInstance;

  constructor(schema: string = MLFLOW_3_17) {
    this.database = new DatabaseSync(this.file, { enableForeignKeyConstraints: false });
    this.database.exec(schema);
  }

  get uri(): string {
    return `sqlite:///${this.file}`;
  }

  experiment({ id, name, deleted = false, workspace = 'default', tags = {} }: SqlExperiment): void {
    const stage = deleted ? 'deleted' : 'active';
    this.#run(
      'INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, workspace) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      name,
      `/gone/${id}`,
      stage,
      1600000000000,
      workspace,
    );
    for (const [key, value] of Object.entries(tags)) {
      this.#run('INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)', id, key, value);
    }
  }

  run(experimentId: bigint | number, run: SqlRun): void {
    const { runId, name = null, status = 'FINISHED', startTime = 1700000000000, endTime = 1700000060000 } = run;
    const {
      lifecycleStage = 'active',
      artifactUri = join(this.directory, `mlruns/${experimentId}/${runId}/artifacts`),
    } = run;
    this.database.exec('BEGIN');
    this.#run(
      `INSERT INTO runs (run_uuid, experiment_id, name, user_id, status, start_time, end_time, lifecycle_stage,
        artifact_uri, entry_point_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[runId, experimentId, name, 'tester', status, startTime, endTime, lifecycleStage, artifactUri],
      run.entryPoint ?? '',
    );
    for (const table of ['params', 'tags'] as const) {
      for (const [key, value] of Object.entries(run[table] ?? {})) {
        this.#run(`INSERT INTO ${table} (run_uuid, key, value) VALUES (?, ?, ?)`, runId, key, value);
      }
    }
    for (const [key, points] of Object.entries(run.metrics ?? {})) this.points(runId, key, points);
    for (const dataset of run.datasets ?? []) this.#dataset(experimentId, runId, dataset);
    for (const model of run.models ?? []) this.#model(experimentId, runId, model);
    this.database.exec('COMMIT');
    this.artifacts(experimentId, runId, run.artifacts ?? {});
  }

  /** Beside the database, where runs have theirs unless they say otherwise. */
  artifacts(experimentId: bigint | number, runId: string, files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.directory, 'mlruns', String(experimentId), runId, 'artifacts', ...path.split('/'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** As MLflow writes them: NaN as 0 with a flag, infinities as the largest doubles, and never a row twice. */
  points(runId: string, key: string, points: readonly SqlPoint[]): void {
    const insert = this.database.prepare(
      'INSERT OR IGNORE INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, CAST(? AS REAL), ?, ?, ?, ?)',
    ); // as text: the binding takes small doubles for 0
    for (const { timestamp, value, step } of points) {
      const isNan = Number.isNaN(value);
      const stored = isNan ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
      insert.run(key, String(stored), timestamp, runId, step, isNan ? 1 : 0);
    }
    this.#run('DELETE FROM latest_metrics WHERE key = ? AND run_uuid = ?', key, runId);
    this.#run(
      `INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
       SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics WHERE key = ? AND run_uuid = ?
       ORDER BY step DESC, timestamp DESC, value DESC LIMIT 1`,
      key,
      runId,
    );
  }

  #dataset(
    experimentId: bigint | number,
    runId: string,
    { id, name, digest, context, tags }: NonNullable<SqlRun['datasets']>[number],
  ): void {
    this.#run(
      `INSERT OR IGNORE INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source)
       VALUES (?, ?, ?, ?, 'local', '{"uri": "/data"}')`,
      id,
      experimentId,
      name,
      digest,
    );
    this.#input(`i${id}${runId}`, 'DATASET', id, 'RUN', runId, 0);
    const all = { ...tags, ...(context !== undefined && { 'mlflow.data.context': context }) };
    for (const [tag, value] of Object.entries(all)) {
      this.#run('INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)', `i${id}${runId}`, tag, value);
    }
  }

  #model(experimentId: bigint | number, runId: string, model: NonNullable<SqlRun['models']>[number]): void {
    const { id, name, step, status = 2, deleted = false } = model;
    this.#run(
      `INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
        last_updated_timestamp_ms, status, lifecycle_stage, source_run_id) VALUES (?, ?, ?, ?, 1, 1, ?, ?, ?)`,
      ...[id, experimentId, name, `/models/${id}`, status, deleted ? 'deleted' : 'active', runId],
    );
    for (const what of ['param', 'tag'] as const) {
      for (const [key, value] of Object.entries((what === 'param' ? model.params : model.tags) ?? {})) {
        this.#run(
          `INSERT INTO logged_model_${what}s (model_id, experiment_id, ${what}_key, ${what}_value) VALUES (?, ?, ?, ?)`,
          ...[id, experimentId, key, value],
        );
      }
    }
    if (step !== undefined) this.#input(`o${id}`, 'RUN_OUTPUT', runId, 'MODEL_OUTPUT', id, step);
  }

  #input(id: string, from: string, fromId: string, to: string, toId: string, step: number): void {
    this.#run('INSERT INTO inputs VALUES (?, ?, ?, ?, ?, ?)', id, from, fromId, to, toId, step);
  }

  #run(sql: string, ...values: readonly (string | number | bigint | null)[]): void {
    this.database.prepare(sql).run(...values);
  }

  remove(): void {
    if (this.database.isOpen) this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
