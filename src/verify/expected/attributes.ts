import type { Family } from '../../family.js';
import type { Experiment, Run } from '../../model.js';
import { briefly, datasetInBrief, modelInBrief } from './in-brief.js';
import { datasetsOf, historyOfModels, MODEL_HISTORY, modelsOf, typedParams } from './inputs-and-outputs.js';
import { clean, cleanText } from './secrets.js';
import { dictOf, type Plain, type PlainDict, withNamedKeys } from './values.js';

/** Tags that have a place of their own, where they are not empty. */
const SOURCE_TAGS = {
  name: 'mlflow.source.name',
  type: 'mlflow.source.type',
  git_commit: 'mlflow.source.git.commit',
  git_branch: 'mlflow.source.git.branch',
  git_repo_url: 'mlflow.source.git.repoURL',
  git_dirty: 'mlflow.source.git.dirty',
} as const;
const PLACED: ReadonlySet<string> = new Set([
  ...Object.values(SOURCE_TAGS),
  'mlflow.user',
  'mlflow.parentRunId',
  'mlflow.project.entryPoint',
]);
/** Properties of the run. */
const NEVER: ReadonlySet<string> = new Set(['mlflow.note.content', 'mlflow.runName']);

export interface AttributePolicy {
  readonly trackingUri: string;
  readonly rawParams: boolean;
  readonly mlflowUi?: string;
  readonly family?: Family | undefined;
}

/** What the attributes of a run have to be (docs/mapping.md, "Attributes"). */
export function expectedAttributes(
  run: Run,
  experiment: Experiment,
  { trackingUri, rawParams, mlflowUi, family }: AttributePolicy,
): PlainDict {
  const source = sourceOf(run);
  const history = run.models.length > 0 ? undefined : historyOfModels(run);
  const datasets = datasetsOf(run);
  const models = run.models.length > 0 ? modelsOf(run, rawParams) : (history ?? []);
  const tags = withNamedKeys(new Map([...run.tags].filter(([key]) => !key.startsWith('mlflow.'))));
  const mlflow = dictOf({
    url: clean(pageOf(run, mlflowUi ?? trackingUri)),
    info: dictOf({
      experiment_id: run.experimentId,
      status: run.status,
      lifecycle_stage: run.lifecycleStage,
      artifact_uri: clean(run.artifactUri),
      tracking_uri: cleanText(trackingUri),
      entry_point: clean(run.tags.get('mlflow.project.entryPoint') || run.entryPoint),
    }),
    source,
    user_tags: tags,
    system_tags: remainingTags(run, history !== undefined),
    experiment_tags: withNamedKeys(new Map([...experiment.tags].filter(([key]) => !key.startsWith('mlflow.')))),
    datasets,
    models,
  });
  const atTop = dictOf({
    params: typedParams(run.params, rawParams),
    mlflow_run_id: run.id,
    mlflow_run_name: run.name || run.tags.get('mlflow.runName'),
    produced: dictOf({ models: briefly(models.map(modelInBrief)) }),
    tags,
    tree: treeOf(run, family),
    used: dictOf({ datasets: briefly(datasets.map(datasetInBrief)) }),
    user: dictOf({ name: clean(run.tags.get('mlflow.user') || run.userId) }),
    mlflow,
    __system_params: systemParams(source),
  });
  // what Aim's UI is not to list
  const unlisted = [...mlflow.keys()].map((key): [string, Plain] => [`mlflow.${key}`, new Map()]);
  return new Map([...atTop, ...unlisted]);
}

function treeOf({ tags }: Run, family: Family | undefined): PlainDict {
  const parentId = tags.get('mlflow.parentRunId') || undefined;
  const children = family?.children ?? 0;
  const ofChildren = { children: children === 0 ? undefined : BigInt(children) };
  if (family === undefined || family.parentId !== parentId) return dictOf({ parent_id: parentId, ...ofChildren });
  const { parent, root, rootId, depth } = family;
  const ofParents = { parent, parent_id: parentId, root, root_id: rootId };
  return dictOf({ ...ofParents, depth: depth === undefined ? undefined : BigInt(depth), ...ofChildren });
}

/** Where MLflow's UI shows a run; only what is on the web has pages. */
function pageOf({ id, experimentId }: Run, address: string): string | undefined {
  if (!/^https?:/i.test(address)) return undefined;
  const end = address.search(/[?#]/);
  let server = end < 0 ? address : address.slice(0, end);
  while (server.endsWith('/')) server = server.slice(0, -1);
  return `${server}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(id)}`;
}

function sourceOf(run: Run): PlainDict {
  const fields: Record<string, Plain | undefined> = {};
  for (const [name, tag] of Object.entries(SOURCE_TAGS)) fields[name] = clean(run.tags.get(tag));
  const dirty = String(fields.git_dirty).toLowerCase();
  if (dirty === 'true' || dirty === 'false') fields.git_dirty = dirty === 'true';
  return dictOf(fields);
}

function remainingTags(run: Run, historyIsPlaced: boolean): PlainDict {
  const isPlaced = (key: string, text: string) =>
    NEVER.has(key) || (key === MODEL_HISTORY ? historyIsPlaced : PLACED.has(key) && text !== '');
  const left = [...run.tags].filter(([key, text]) => key.startsWith('mlflow.') && !isPlaced(key, text));
  return new Map(left.map(([key, text]) => [key, cleanText(text)]));
}

function systemParams(source: PlainDict): PlainDict {
  const script = source.get('name');
  const isScript = script !== undefined && script !== '<console>' && source.get('type') === 'LOCAL';
  return dictOf({
    git_info: dictOf({
      branch: source.get('git_branch'),
      remote_origin_url: source.get('git_repo_url'),
      commit: dictOf({ hash: source.get('git_commit') }),
    }),
    arguments: isScript ? [script] : undefined,
  });
}
