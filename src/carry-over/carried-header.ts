import type { KeptRun } from '../aim/kept-run.js';
import type { AimDict } from '../aim/value.js';
import { mapAttributes } from '../mapping/attributes.js';
import {
  datasetsOf,
  keepAttributes,
  loggedModels,
  paramsOf,
  type StaysAsIs,
  tagsOf,
} from '../mapping/kept-attributes.js';
import type { Run, RunPart } from '../model.js';
import type { RunEnvironment, RunJob } from '../run-job.js';
import type { CarryOver } from './carry-over.js';

/** The header of a run, with what was taken from Aim. */
export interface CarriedHeader {
  /** As it was read, with the tags that Aim had. */
  readonly run: Run;
  readonly attributes: AimDict;
  /** The parts of it of which there is something in Aim now. */
  readonly parts: readonly RunPart[];
}

const NOTE = 'mlflow.note.content';
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/**
 * Completes a header: params, tags, datasets and models that could not be read are those that Aim has. What was read stands.
 * Tags are taken before they are mapped, since many attributes and properties are made of them.
 */
export function carryHeader(
  carry: CarryOver,
  job: Pick<RunJob, 'experiment' | 'before'>,
  run: Run,
  { store, options }: Pick<RunEnvironment, 'store' | 'options'>,
): CarriedHeader {
  const map = (header: Run) => mapAttributes(header, job.experiment, store.uri, options.mapping);
  const keptTags = (kept: KeptRun) => {
    const tags = tagsOf(kept.attributes);
    // what the header tells without any tag
    for (const [key, value] of tagsOf(map({ ...run, tags: NO_TAGS }))) if (tags.get(key) === value) tags.delete(key);
    if (job.before?.description !== undefined) tags.set(NOTE, job.before.description);
    return tags;
  };
  const { header } = carry.told;
  carry.tellAbsent(header, (kept, part) => holds(kept, part, keptTags));
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
  const mapped = map(carried.run);
  const attributes = keepAttributes(mapped, carried.before, stays);
  carry.tellKept(header, 'params', paramsOf(attributes).size - paramsOf(mapped).size);
  carry.tellKept(header, 'tags', carried.run.tags.size - run.tags.size);
  carry.tellKept(header, 'datasets', datasetsOf(attributes).length - datasetsOf(mapped).length);
  carry.tellKept(header, 'models', loggedModels(attributes).length - loggedModels(mapped).length);
  return headerOf(carried.run, attributes);
}

/** Whether Aim has anything of a part. */
function holds(kept: KeptRun, part: RunPart, keptTags: (kept: KeptRun) => ReadonlyMap<string, string>): boolean {
  switch (part) {
    case 'params':
      return paramsOf(kept.attributes).size > 0;
    case 'tags':
      return keptTags(kept).size > 0;
    case 'datasets':
      return datasetsOf(kept.attributes).length > 0;
    case 'models':
      return loggedModels(kept.attributes).length > 0;
    default:
      return false;
  }
}

function headerOf(run: Run, attributes: AimDict): CarriedHeader {
  const parts: RunPart[] = [];
  if (paramsOf(attributes).size > 0) parts.push('params');
  if (run.tags.size > 0) parts.push('tags');
  if (datasetsOf(attributes).length > 0) parts.push('datasets');
  if (loggedModels(attributes).length > 0) parts.push('models');
  return { run, attributes, parts };
}
