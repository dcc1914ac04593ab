import type { AimDict, AimValue } from '../aim/value.js';
import type { DatasetInput, Experiment, LoggedModel, Run } from '../model.js';
import type { MappingPolicy } from '../policies.js';
import { parseJson } from './json-value.js';
import { withoutEmptyKey } from './keys.js';
import { present } from './present.js';
import { parsePythonLiteral } from './python-literal.js';
import { isSystemTag, TagReader } from './tag-reader.js';
import { withoutSecretsIn } from './url-secrets.js';

/**
 * The attributes of a run, which Aim calls run params (docs/mapping.md, "Attributes").
 *
 * A tag that has a place of its own (`mlflow.user`, `mlflow.source.name` …) is not repeated in `mlflow.tags`. Datasets
 * are sorted by name, digest and context, models by step and id, because their order says nothing in MLflow and differs
 * from source to source. The params of a logged model are typed as those of the run.
 *
 * What MLflow has written itself loses the secrets of URLs; params, tags and names that people chose stay as they are.
 *
 * @param trackingUri the source
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
        ['user', cleaned(user)],
        ['artifact_uri', cleaned(run.artifactUri)],
        ['tracking_uri', cleaned(trackingUri)],
        ['parent_run_id', parent],
        ['source', source],
        ['entry_point', cleaned(entryPoint)],
        ['tags', cleaned(tags.system())],
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
    ['name', cleaned(tags.take('mlflow.source.name'))],
    ['type', cleaned(tags.take('mlflow.source.type'))],
    ['git_commit', cleaned(tags.take('mlflow.source.git.commit'))],
    ['git_branch', cleaned(tags.take('mlflow.source.git.branch'))],
    ['git_repo_url', cleaned(tags.take('mlflow.source.git.repoURL'))],
    ['git_dirty', dirty === undefined ? undefined : (TRUTH.get(dirty.toLowerCase()) ?? cleaned(dirty))],
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
      ['name', cleaned(dataset.name)],
      ['digest', cleaned(dataset.digest)],
      ['context', cleaned(dataset.context)],
      ['source_type', cleaned(dataset.sourceType)],
      ['source', cleaned(jsonOrText(dataset.source))],
      ['schema', cleaned(jsonOrText(dataset.schema))],
      ['profile', cleaned(jsonOrText(dataset.profile))],
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
      ['type', cleaned(model.type)],
      ['status', cleaned(model.status)],
      ['artifact_uri', cleaned(model.artifactUri)],
      ['step', model.step],
      ['params', mapParams(model.params, policy)],
      ['tags', withoutEmptyKey(tagsOfModel(model.tags))],
    ]),
  );
}

function tagsOfModel(tags: ReadonlyMap<string, string>): ReadonlyMap<string, AimValue> {
  return new Map([...tags].map(([key, text]) => [key, isSystemTag(key) ? withoutSecretsIn(text) : text]));
}

/** The models that MLflow 2 listed in a tag, which stays a tag when it is no list of something. */
function modelHistory(tags: TagReader): AimValue | undefined {
  const history = 'mlflow.log-model.history';
  const models = parseJson(tags.peek(history) ?? '');
  if (!Array.isArray(models) || models.length === 0) return undefined;
  tags.take(history);
  return withoutSecretsIn(models);
}

function jsonOrText(text: string | undefined): AimValue | undefined {
  return text === undefined ? undefined : orText(parseJson(text), text);
}

/** Not `??`: null is what `None` and `null` mean. */
function orText(value: AimValue | undefined, text: string): AimValue {
  return value === undefined ? text : value;
}

function cleaned(value: AimValue | undefined): AimValue | undefined {
  return value === undefined ? undefined : withoutSecretsIn(value);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
