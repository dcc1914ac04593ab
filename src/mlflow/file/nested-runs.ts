import { join } from 'node:path';
import type { NestedRuns } from '../../family.js';
import type { RunRef } from '../../model.js';
import { TAGS } from '../common/layout-names.js';
import { NestingBuilder, PARENT_TAG } from '../common/nesting.js';
import { isPlainName } from '../local/directories.js';
import type { LinkPolicy } from '../trust/links.js';
import { FieldBudget } from './field-budget.js';
import { findField } from './find-field.js';
import { readRunMeta } from './run-directory.js';

/**
 * The nested runs of an experiment's directory. Looks for one tag in each run, and reads more only of those that have it and of
 * their parents. What cannot be read is passed over here: reading the run tells of it.
 */
export async function readNestedRuns(
  directory: string,
  refs: AsyncIterable<RunRef>,
  links: LinkPolicy,
  signal: AbortSignal,
): Promise<NestedRuns> {
  const builder = new NestingBuilder();
  const add = async (ref: RunRef, parentId?: string) => {
    const place = join(directory, ref.runId);
    try {
      const meta = await readRunMeta(ref, place, signal);
      const name = meta.name || tagOf(place, 'mlflow.runName', links);
      builder.add(ref.runId, { name, parentId, isDeleted: meta.lifecycleStage === 'deleted' });
    } catch {
      signal.throwIfAborted();
    }
  };
  let experimentId = '';
  for await (const ref of refs) {
    experimentId = ref.experimentId;
    const parentId = tagOf(join(directory, ref.runId), PARENT_TAG, links);
    if (parentId) await add(ref, parentId);
  }
  for (const runId of builder.unnamedParents()) {
    if (isPlainName(runId)) await add({ runId, experimentId, locator: '' });
  }
  return builder.finish();
}

function tagOf(runDirectory: string, key: string, links: LinkPolicy): string | undefined {
  try {
    const file = findField(runDirectory, TAGS, key, links);
    return file && new FieldBudget().read(file.path).text;
  } catch {
    return undefined;
  }
}
