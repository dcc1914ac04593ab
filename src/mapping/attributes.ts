import type { AimDict, AimValue } from '../aim/value.js';
import type { DatasetInput, Experiment, LoggedModel, Run } from '../model.js';
import type { MappingPolicy } from '../policies.js';
import { parseJson } from './json-value.js';
import { withoutEmptyKey } from './keys.js';
import { present } from './present.js';
import { parsePythonLiteral } from './python-literal.js';
import { TagReader } from './tag-reader.js';

/**
 * The attributes of a run, which Aim calls run params (docs/mapping.md, "Attributes").
 *
 * A tag that has a place of its own (`mlflow.user`, `mlflow.source.name` …) is not repeated in `mlflow.tags`. Datasets
 * are sorted by name, digest and context, models by step and id, because their order says nothing in MLflow and differs
 * from source to source. The params of a logged model are typed as those of the run.
 *
 * @param trackingUri the source; secrets in it, or in an artifact URI, are taken out.
 */
export function mapAttributes(
  run: Run,
  experiment: Experiment,
  trackingUri: string,
  policy: Pick<MappingPolicy, 'rawParams'>,
): AimDict {
  const tags = new TagReader(run.tags);
  const tagName = tags.take('mlflow.runName');
  // Name and note are properties of the run; see properties.ts.
  tags.drop('mlflow.runName');
  tags.drop('mlflow.note.content');
  const user = tags.take('mlflow.user') || run.userId;
  const parent = tags.take('mlflow.parentRunId');
  const entryPoint = tags.take('mlflow.project.entryPoint') || run.entryPoint;
  const source = sourceOf(tags);
  const models = run.models.length > 0 ? mapModels(run.models, policy) : modelHistory(tags);

  return present([
    ['params', mapParams(run.params, policy)],
    ['tags', withoutEmptyKey(tags.own())],
    ['mlflow_run_id', run.id],
    ['mlflow_run_name', run.name || tagName],
    [
      'mlflow',
      present([
        ['run_id', run.id],
        ['experiment_id', run.experimentId],
        ['experiment_name', experiment.name],
        ['status', run.status],
        ['lifecycle_stage', run.lifecycleStage],
        ['user', user],
        ['artifact_uri', withoutSecrets(run.artifactUri)],
        ['tracking_uri', withoutSecrets(trackingUri)],
        ['parent_run_id', parent],
        ['source', source],
        ['entry_point', entryPoint],
        ['tags', tags.system()],
      ]),
    ],
    ['datasets', mapDatasets(run.datasets)],
    ['models', models],
    ['__system_params', systemParams(source)],
  ]);
}

function mapParams(params: ReadonlyMap<string, string>, policy: Pick<MappingPolicy, 'rawParams'>): AimDict {
  if (policy.rawParams) return withoutEmptyKey(params);
  const typed = new Map<string, AimValue>();
  for (const [key, text] of params) typed.set(key, orText(parsePythonLiteral(text), text));
  return withoutEmptyKey(typed);
}

function sourceOf(tags: TagReader): AimDict {
  const dirty = tags.take('mlflow.source.git.dirty');
  return present([
    ['name', tags.take('mlflow.source.name')],
    ['type', tags.take('mlflow.source.type')],
    ['git_commit', tags.take('mlflow.source.git.commit')],
    ['git_branch', tags.take('mlflow.source.git.branch')],
    ['git_repo_url', tags.take('mlflow.source.git.repoURL')],
    ['git_dirty', dirty === undefined ? undefined : (TRUTH.get(dirty.toLowerCase()) ?? dirty)],
  ]);
}

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/**
 * What Aim's SDK writes with `log_system_params` (`aim/sdk/run.py`, `aim/ext/utils.py`), as far as MLflow knows it:
 * neither packages nor environment nor the interpreter, and of the command line only the script.
 */
function systemParams(source: AimDict): AimDict {
  const script = source.get('name');
  const isScript = source.get('type') === 'LOCAL' && script !== '<console>';
  return present([
    [
      'git_info',
      present([
        ['branch', source.get('git_branch')],
        ['remote_origin_url', source.get('git_repo_url')],
        ['commit', present([['hash', source.get('git_commit')]])],
      ]),
    ],
    ['arguments', isScript && script !== undefined ? [script] : undefined],
  ]);
}

function mapDatasets(datasets: readonly DatasetInput[]): AimValue[] {
  const sorted = [...datasets].sort(
    (a, b) => compare(a.name, b.name) || compare(a.digest, b.digest) || compare(a.context ?? '', b.context ?? ''),
  );
  return sorted.map((dataset) =>
    present([
      ['name', dataset.name],
      ['digest', dataset.digest],
      ['context', dataset.context],
      ['source_type', dataset.sourceType],
      ['source', jsonOrText(dataset.source)],
      ['schema', jsonOrText(dataset.schema)],
      ['profile', jsonOrText(dataset.profile)],
      ['tags', withoutEmptyKey(dataset.tags ?? new Map())],
    ]),
  );
}

function mapModels(models: readonly LoggedModel[], policy: Pick<MappingPolicy, 'rawParams'>): AimValue[] {
  const sorted = [...models].sort((a, b) => compare(a.step ?? -1n, b.step ?? -1n) || compare(a.modelId, b.modelId));
  return sorted.map((model) =>
    present([
      ['model_id', model.modelId],
      ['name', model.name],
      ['type', model.type],
      ['status', model.status],
      ['artifact_uri', withoutSecrets(model.artifactUri)],
      ['step', model.step],
      ['params', mapParams(model.params, policy)],
      ['tags', withoutEmptyKey(model.tags)],
    ]),
  );
}

/** The models that MLflow 2 listed in a tag, which stays a tag when it is no list of something. */
function modelHistory(tags: TagReader): AimValue | undefined {
  const history = 'mlflow.log-model.history';
  const models = parseJson(tags.peek(history) ?? '');
  if (!Array.isArray(models) || models.length === 0) return undefined;
  tags.take(history);
  return models;
}

function jsonOrText(text: string | undefined): AimValue | undefined {
  return text === undefined ? undefined : orText(parseJson(text), text);
}

/** Not `??`: null is what `None` and `null` mean. */
function orText(value: AimValue | undefined, text: string): AimValue {
  return value === undefined ? text : value;
}

/** The secrets of signed URLs: `sig`, `X-Amz-Signature`, `X-Goog-Credential`, `X-Amz-Security-Token` and their like. */
const SECRET_PARAMETER = /([?&][^=&#]*(?:sig|token|secret|password|credential)[^=&#]*=)[^&#]*/gi;

/** `scheme://user:password@host` without the password, and without the secrets of a query. */
function withoutSecrets(uri: string | undefined): string | undefined {
  return uri?.replace(/^([a-z][a-z\d+.-]*:\/\/[^/?#:@]*):[^/?#]*@/i, '$1@').replace(SECRET_PARAMETER, '$1***');
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
