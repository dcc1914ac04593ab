import type { KeptRun } from '../../aim/kept-run.js';
import type { AimDict } from '../../aim/value.js';
import { mapAttributes } from '../../mapping/attributes.js';
import {
  datasetsOf,
  keepAttributes,
  loggedModels,
  paramsOf,
  type StaysAsIs,
  tagsOf,
} from '../../mapping/kept-attributes.js';
import type { UnreadIndex } from '../../mapping/unread-parts.js';
import type { AbsentPart, LoggedModel, Run, RunPart } from '../../model.js';
import type { RunEnvironment } from '../task/run-environment.js';
import type { RunTask } from '../task/run-task.js';
import type { CarryOver } from './carry-over.js';

/** The header of a run, with what was taken from Aim. */
export interface CarriedHeader {
  /** As it was read, plus the tags that Aim had. */
  readonly run: Run;
  readonly attributes: AimDict;
  /** The parts of it that Aim now has something of. */
  readonly parts: readonly RunPart[];
}

const NOTE = 'mlflow.note.content';
const RUN_NAME = 'mlflow.runName';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/**
 * Completes a header: params, tags, datasets and models that could not be read are taken from Aim. What was read has
 * priority. Tags are taken before they are mapped, since many attributes and properties are derived from them.
 */
export function carryHeader(
  carry: CarryOver,
  task: Pick<RunTask, 'experiment' | 'family' | 'previousProperties'>,
  run: Run,
  { store, options }: Pick<RunEnvironment, 'store' | 'options'>,
): CarriedHeader {
  const map = (header: Run) =>
    mapAttributes(header, task.experiment, { trackingUri: store.uri, family: task.family }, options.mapping);
  const keptTags = (kept: KeptRun) => {
    const tags = tagsOf(kept.attributes);
    // what the header says without any tag
    for (const [key, value] of tagsOf(map({ ...run, tags: NO_TAGS }))) if (tags.get(key) === value) tags.delete(key);
    // it has been renamed since
    if (run.name) tags.delete(RUN_NAME);
    if (task.previousProperties?.description !== undefined) tags.set(NOTE, task.previousProperties.description);
    return tags;
  };
  const { header } = carry.told;
  carry.tellAbsent(header, (kept, absent) => holds(kept, absent, run, keptTags));
  if (carry.unread.isEmpty) return headerOf(run, map(run));

  const carried = carry.take((kept) => {
    const tags = new Map(run.tags);
    for (const [key, value] of keptTags(kept)) {
      if (!tags.has(key) && carry.unread.covers('tags', key)) tags.set(key, value);
    }
    return { run: { ...run, tags }, before: kept.attributes };
  });
  if (carried === undefined) return headerOf(run, map(run));
  const stays: StaysAsIs = (part, item) =>
    item === undefined ? carry.unread.has(part) : carry.unread.covers(part, item);
  const mapped = map({ ...carried.run, models: modelsToMap(run, carried.before, carry.unread) });
  const attributes = keepAttributes(mapped, carried.before, stays);
  carry.tellKept(header, 'params', paramsOf(attributes).size - paramsOf(mapped).size);
  carry.tellKept(header, 'tags', carried.run.tags.size - run.tags.size);
  carry.tellKept(header, 'datasets', datasetsOf(attributes).length - datasetsOf(mapped).length);
  carry.tellKept(header, 'models', loggedModels(attributes).length - run.models.length);
  return headerOf(carried.run, attributes);
}

/** Tells the mapping that there are logged models, next to which the list in MLflow 2's tag is just a tag. */
function modelsToMap(run: Run, before: AimDict, unread: UnreadIndex): readonly LoggedModel[] {
  if (run.models.length > 0 || !unread.has('models')) return run.models;
  // all else of them is kept
  return loggedModels(before).map((model) => ({
    modelId: String(model.get('model_id')),
    params: new Map(),
    tags: new Map(),
  }));
}

/** Whether Aim has anything of a part that was not read. */
function holds(
  kept: KeptRun,
  absent: AbsentPart,
  { models }: Run,
  keptTags: (kept: KeptRun) => ReadonlyMap<string, string>,
): boolean {
  switch (absent.part) {
    case 'params':
      return paramsOf(kept.attributes).size > 0;
    case 'tags':
      return keptTags(kept).size > 0;
    case 'datasets':
      return datasetsOf(kept.attributes).length > 0;
    case 'models':
      return loggedModels(kept.attributes).some((model) => isUnread(model, models, absent));
    default:
      return false;
  }
}

/**
 * Whether a model that Aim has, or its step, was not read. A model may be found without the run's `outputs/`: one that was
 * made outside of MLflow names its run, and is not one of its outputs.
 */
function isUnread(model: AimDict, read: readonly LoggedModel[], { item, outputsOnly }: AbsentPart): boolean {
  const id = model.get('model_id');
  if (item !== undefined && item !== id) return false;
  if (outputsOnly && !model.has('step')) return false;
  const found = read.find(({ modelId }) => modelId === id);
  return found === undefined || (model.has('step') && found.step === undefined);
}

function headerOf(run: Run, attributes: AimDict): CarriedHeader {
  const parts: RunPart[] = [];
  if (paramsOf(attributes).size > 0) parts.push('params');
  if (run.tags.size > 0) parts.push('tags');
  if (datasetsOf(attributes).length > 0) parts.push('datasets');
  if (loggedModels(attributes).length > 0) parts.push('models');
  return { run, attributes, parts };
}
