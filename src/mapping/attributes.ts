import type { AimDict, AimKey, AimValue } from '../aim/value.js';
import type { Family } from '../family.js';
import type { Experiment, Run } from '../model.js';
import type { MappingPolicy } from '../policies.js';
import { mapDatasets, mapModels, modelHistory, shortDatasets, shortModels } from './datasets-and-models.js';
import { withoutEmptyKey } from './keys.js';
import { passedOver } from './passed-over.js';
import { present } from './present.js';
import { parsePythonLiteral } from './python-literal.js';
import { runPage } from './run-page.js';
import { isSystemTag, TagReader } from './tag-reader.js';
import { cleaned } from './url-secrets.js';

/** What of the attributes does not follow from the run itself. */
export interface Surroundings {
  /** The source. */
  readonly trackingUri: string;
  readonly family?: Family | undefined;
}

/**
 * The attributes of a run, which Aim calls run params (docs/mapping.md, "Attributes").
 *
 * Aim's UI lists what stands at the top, then dicts in the order of their names. So what it should show behind the params lies in
 * dicts whose names come later, and everything else in `mlflow`, which it is made to pass over (passed-over.ts).
 *
 * A tag that has a place of its own (`mlflow.user`, `mlflow.source.name` …) is not repeated in `mlflow.system_tags`. What MLflow
 * has written itself loses the secrets of URLs; params, tags and names that people chose stay as they are.
 */
export function mapAttributes(
  run: Run,
  experiment: Experiment,
  { trackingUri, family }: Surroundings,
  policy: Pick<MappingPolicy, 'rawParams' | 'mlflowUi'>,
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
  const isTyped = !policy.rawParams;
  const models = run.models.length > 0 ? mapModels(run, (params) => mapParams(params, isTyped)) : modelHistory(tags);
  const ownTags = withoutEmptyKey(tags.own());

  const shown = present([
    ['params', mapParams(run.params, isTyped)],
    ['mlflow_run_id', run.id],
    ['mlflow_run_name', run.name || tagName],
    ['tags', ownTags],
    ['tree', treeOf(parent, family)],
    ['user', present([['name', cleaned(user)]])],
    ['__system_params', systemParams(source)],
  ]);
  const mlflow = present([
    ['url', cleaned(runPage(trackingUri, policy.mlflowUi, run))],
    [
      'info',
      present([
        ['experiment_id', run.experimentId],
        ['status', run.status],
        ['lifecycle_stage', run.lifecycleStage],
        ['artifact_uri', cleaned(run.artifactUri)],
        ['tracking_uri', cleaned(trackingUri)],
        ['entry_point', cleaned(entryPoint)],
      ]),
    ],
    ['source', source],
    ['user_tags', ownTags],
    ['system_tags', cleaned(tags.system())],
    ['experiment_tags', tagsOfExperiment(experiment)],
  ]);
  const attributes = new Map<AimKey, AimValue>([...shown, ['mlflow', mlflow]]);
  return withInputsAndOutputs(attributes, mapDatasets(run.datasets), models);
}

/** The same attributes with these datasets and models, whole among those of MLflow and as short texts behind the params. */
export function withInputsAndOutputs(
  attributes: AimDict,
  datasets: readonly AimDict[],
  models: readonly AimValue[],
): AimDict {
  const mlflow = new Map([
    ...(attributes.get('mlflow') as AimDict),
    ...present([
      ['datasets', datasets],
      ['models', models],
    ]),
  ]);
  const shown = present([
    ['produced', present([['models', shortModels(models)]])],
    ['used', present([['datasets', shortDatasets(datasets)]])],
  ]);
  return new Map([...attributes, ...shown, ...passedOver('mlflow', mlflow)]);
}

/** Where the run stands among nested runs; what is known of its parents only as long as they are those that its tag names. */
function treeOf(parentId: string | undefined, family: Family | undefined): AimDict {
  const { parent, rootId, root, depth, children = 0 } = family ?? {};
  const isCurrent = parentId === family?.parentId;
  return present([
    ['parent', isCurrent ? parent : undefined],
    ['parent_id', parentId],
    ['root', isCurrent ? root : undefined],
    ['root_id', isCurrent ? rootId : undefined],
    ['depth', isCurrent && depth !== undefined ? BigInt(depth) : undefined],
    ['children', children > 0 ? BigInt(children) : undefined],
  ]);
}

function mapParams(params: ReadonlyMap<string, string>, isTyped: boolean): AimDict {
  if (!isTyped) return withoutEmptyKey(params);
  const typed = new Map<string, AimValue>();
  for (const [key, text] of params) {
    const value = parsePythonLiteral(text);
    typed.set(key, value === undefined ? text : value); // null is what `None` means
  }
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

/** Tags that people have set; the note is a property of the experiment, and the others of MLflow are about MLflow. */
function tagsOfExperiment({ tags }: Experiment): AimDict {
  return withoutEmptyKey(new Map([...tags].filter(([key]) => !isSystemTag(key))));
}

/**
 * What Aim's SDK writes with `log_system_params` (`aim/sdk/run.py`, `aim/ext/utils.py`), as far as MLflow knows it:
 * neither environment nor the interpreter, and of the command line only the script.
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
