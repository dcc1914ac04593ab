import { join } from 'node:path';
import type { Run, RunRef } from '../../model.js';
import { INPUTS, META_FILE, OUTPUTS, PARAMS, TAGS } from '../common/layout-names.js';
import { optionalField } from '../common/run-fields.js';
import { withSourceTags } from '../common/source-tags.js';
import { readFileDatasets } from './datasets.js';
import { FieldBudget, type ListContext } from './field-budget.js';
import { readFields } from './key-files.js';
import { readLoggedModels } from './logged-models.js';
import type { MadeModels } from './models-by-run.js';
import { entriesOf, readRunMeta } from './run-directory.js';

/** Reads the header of a run from its directory. Rejects with `not-a-run` where that is no run, or another's. */
export async function readFileRun(
  ref: RunRef,
  directory: string,
  made: MadeModels,
  context: ListContext,
): Promise<Run> {
  const meta = await readRunMeta(ref, directory, context.signal);
  for (const { field, detail } of meta.faults) {
    context.notice({ kind: 'field-unreadable', field, file: join(directory, META_FILE), detail });
  }
  // most runs have neither inputs nor outputs, and opening a missing file is slow
  const parts = entriesOf(ref, directory);
  const fields = { ...context, budget: new FieldBudget() };
  return {
    id: ref.runId,
    experimentId: ref.experimentId,
    ...optionalField('name', meta.name),
    status: meta.status,
    lifecycleStage: meta.lifecycleStage,
    ...optionalField('startTime', meta.startTime),
    ...optionalField('endTime', meta.endTime),
    ...optionalField('userId', meta.userId),
    ...optionalField('artifactUri', meta.artifactUri),
    ...optionalField('entryPoint', meta.entryPoint),
    params: await readFields(join(directory, PARAMS), PARAMS, fields),
    tags: withSourceTags(await readFields(join(directory, TAGS), TAGS, fields), meta.source),
    datasets: await readFileDatasets(directory, parts.has(INPUTS), fields),
    models: await readLoggedModels(directory, parts.has(OUTPUTS), made, fields),
  };
}
