import type { AimDict, AimKey, AimValue } from '../aim/value.js';
import type { RunPart } from '../model.js';
import { withInputsAndOutputs } from './attributes.js';

/** Whether a part of a run, or one item of it, is to stay as Aim has it where it was not read. */
export type StaysAsIs = (part: RunPart, item?: string) => boolean;

/** What an entry of `models` has that comes from a logged model, not from the tag of MLflow 2. */
const LOGGED_MODEL: ReadonlySet<AimKey> = new Set([
  'model_id',
  'name',
  'type',
  'status',
  'artifact_uri',
  'step',
  'params',
  'tags',
]);

const SOURCE_TAGS: Readonly<Record<string, string>> = {
  name: 'mlflow.source.name',
  type: 'mlflow.source.type',
  git_commit: 'mlflow.source.git.commit',
  git_branch: 'mlflow.source.git.branch',
  git_repo_url: 'mlflow.source.git.repoURL',
  git_dirty: 'mlflow.source.git.dirty',
};

/**
 * The tags of which `mapAttributes` made these attributes, as far as attributes are made of them (the note is none):
 * mapped again they give the same. Earlier versions (mapping 3 and before) had `user`, `parent_run_id`, `entry_point` and `tags` directly
 * in `mlflow`, datasets and models at the top. They are still read from there: of what cannot be read in MLflow, Aim may hold the last
 * copy.
 */
export function tagsOf(attributes: AimDict): Map<string, string> {
  const mlflow = dictAt(attributes, 'mlflow');
  const source = dictAt(mlflow, 'source');
  const models = modelsOf(attributes);
  const entries: [AimKey, AimValue | undefined][] = [
    ...dictAt(attributes, 'tags'),
    ...dictAt(mlflow, mlflow.has('tags') ? 'tags' : 'system_tags'),
    ['mlflow.runName', attributes.get('mlflow_run_name')],
    ['mlflow.user', dictAt(attributes, 'user').get('name') ?? mlflow.get('user')],
    ['mlflow.parentRunId', dictAt(attributes, 'tree').get('parent_id') ?? mlflow.get('parent_run_id')],
    ['mlflow.project.entryPoint', dictAt(mlflow, 'info').get('entry_point') ?? mlflow.get('entry_point')],
    ...Object.keys(SOURCE_TAGS).map((field): [AimKey, AimValue | undefined] => [
      SOURCE_TAGS[field]!,
      source.get(field),
    ]),
    ['mlflow.log-model.history', isList(models) && loggedModels(attributes).length === 0 ? jsonOf(models) : undefined],
  ];
  const tags = new Map<string, string>();
  for (const [key, value] of entries) {
    if (typeof key !== 'string') continue;
    if (typeof value === 'string') tags.set(key, value);
    else if (typeof value === 'boolean') tags.set(key, String(value));
  }
  return tags;
}

/** The logged models among the attributes. */
export function loggedModels(attributes: AimDict): readonly AimDict[] {
  const models = dictsOf(modelsOf(attributes));
  return models.every((model) => [...model.keys()].every((key) => LOGGED_MODEL.has(key))) ? models : [];
}

/** The datasets among the attributes. */
export function datasetsOf(attributes: AimDict): readonly AimDict[] {
  return dictsOf(dictAt(attributes, 'mlflow').get('datasets') ?? attributes.get('datasets'));
}

function modelsOf(attributes: AimDict): AimValue | undefined {
  return dictAt(attributes, 'mlflow').get('models') ?? attributes.get('models');
}

/** The params among the attributes. */
export function paramsOf(attributes: AimDict): AimDict {
  return dictAt(attributes, 'params');
}

/**
 * Attributes as they were mapped now, with those that Aim had before of params, datasets, models and parents that could not be read.
 * What was read stands. (Tags are not among them: attributes are made of many, so they are carried over before they are mapped.)
 */
export function keepAttributes(now: AimDict, before: AimDict, stays: StaysAsIs): AimDict {
  const params = new Map(paramsOf(now));
  for (const [key, value] of paramsOf(before)) {
    if (!params.has(key) && stays('params', String(key))) params.set(key, value);
  }
  const datasets = stays('datasets')
    ? union(datasetsOf(now), datasetsOf(before), ['name', 'digest', 'context'])
    : datasetsOf(now);
  const models =
    stays('models') && loggedModels(before).length > 0
      ? union(loggedModels(now), loggedModels(before), ['step', 'model_id'])
      : modelsOf(now);
  const kept = new Map(withInputsAndOutputs(now, datasets, isList(models) ? models : []));
  const tree = stays('tags', 'mlflow.parentRunId') ? keptTree(now, before) : undefined;
  if (tree !== undefined) kept.set('tree', tree);
  if (params.size > 0) kept.set('params', params);
  return kept;
}

/** A run whose parent is known from Aim alone has no place among the nested runs that were read: its parents stay as they were. */
function keptTree(now: AimDict, before: AimDict): AimDict | undefined {
  const [tree, was] = [dictAt(now, 'tree'), dictAt(before, 'tree')];
  if (!was.has('parent_id') || was.get('parent_id') !== tree.get('parent_id')) return undefined;
  return new Map([...[...was].filter(([key]) => key !== 'children'), ...tree]);
}

/** Those of both, sorted by these fields; of two that are the same thing, what was read now stands. */
function union(now: readonly AimDict[], before: readonly AimDict[], fields: readonly string[]): AimDict[] {
  const identity = (item: AimDict) => {
    const id = item.get('model_id');
    return JSON.stringify(id === undefined ? fields.map((field) => item.get(field)) : [id]);
  };
  const items = new Map(before.map((item) => [identity(item), item]));
  for (const item of now) items.set(identity(item), withKept(item, items.get(identity(item))));
  return [...items.values()].sort((a, b) => compareBy(fields, a, b));
}

/** Of a model any field may be what could not be read: its step comes from the run, its params and tags are files. */
function withKept(now: AimDict, before: AimDict | undefined): AimDict {
  if (before === undefined || !now.has('model_id')) return now;
  const merged = new Map([...before, ...now]);
  for (const field of ['params', 'tags']) {
    const both = new Map([...dictAt(before, field), ...dictAt(now, field)]);
    if (both.size > 0) merged.set(field, both);
  }
  return merged;
}

function compareBy(fields: readonly string[], a: AimDict, b: AimDict): number {
  for (const field of fields) {
    const absent = field === 'step' ? -1n : '';
    const [left, right] = [a.get(field) ?? absent, b.get(field) ?? absent];
    if (left < right) return -1;
    if (left > right) return 1;
  }
  return 0;
}

function dictAt(dict: AimDict, key: string): AimDict {
  const value = dict.get(key);
  return value instanceof Map ? value : new Map();
}

function dictsOf(value: AimValue | undefined): readonly AimDict[] {
  if (!isList(value)) return [];
  const dicts = value.filter((item): item is AimDict => item instanceof Map);
  return dicts.length === value.length ? dicts : [];
}

function isList(value: AimValue | undefined): value is readonly AimValue[] {
  return Array.isArray(value);
}

/** A JSON text that `parseJson` reads as this value. */
function jsonOf(value: AimValue): string {
  if (isList(value)) return `[${value.map(jsonOf).join()}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${JSON.stringify(String(key))}:${jsonOf(item)}`).join()}}`;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(digits) ? digits : `${digits}.0`;
}
