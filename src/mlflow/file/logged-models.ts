import { dirname, join } from 'node:path';
import type { LoggedModel } from '../../model.js';
import { META_FILE, MODELS, OUTPUTS, PARAMS, TAGS } from '../common/layout-names.js';
import { optionalField, parseLifecycleStage } from '../common/run-fields.js';
import { asSkippable, unreadableField } from '../local/skippable.js';
import { absentLinks, linkNames, referredDirectory } from './datasets.js';
import type { FieldContext } from './field-budget.js';
import { readFields } from './key-files.js';
import { type Completeness, readMeta } from './meta-file.js';
import { textField } from './meta-yaml.js';
import type { MadeModels } from './models-by-run.js';

/** mlflow.entities.LoggedModelStatus, as meta.yaml holds it. */
const MODEL_STATUS: ReadonlyMap<string, string> = new Map([
  ['1', 'PENDING'],
  ['2', 'READY'],
  ['3', 'FAILED'],
]);

// Keys are sorted; these are the last with a value.
const isWholeOutput: Completeness = (fields) => textField(fields, 'source_type') !== undefined;
const isWholeModel: Completeness = (fields) => fields.has('status');

/**
 * Reads the models that a run logged (MLflow ≥ 3), sorted by id: those that `outputs/<model id>/meta.yaml` names, with their step, and
 * those that name the run as their source but are not among its outputs (they failed, or are not ready). Leaves out deleted models, as
 * MLflow does. What cannot be read is a notice.
 *
 * @param hasOutputs whether the run has the directory `outputs/`
 * @param made the models that name this run as their source
 */
export async function readLoggedModels(
  runDirectory: string,
  hasOutputs: boolean,
  made: MadeModels,
  context: FieldContext,
): Promise<LoggedModel[]> {
  const models = new Map<string, LoggedModel | undefined>();
  const outputs = outputsOf(runDirectory, hasOutputs, context);
  for (const [id, read] of [...outputs, ...madeBy(runDirectory, made.ids, context)]) {
    if (models.has(id)) continue;
    try {
      models.set(id, await read());
    } catch (cause) {
      if (context.signal.aborted) throw cause;
      models.set(id, undefined);
      const file = join(dirname(runDirectory), MODELS, id, META_FILE);
      context.notice(unreadableField(`${MODELS}/${id}`, file, asSkippable(cause, file), { part: 'models' }));
    }
  }
  const directory = join(dirname(runDirectory), MODELS);
  if (made.error !== undefined) {
    context.notice(unreadableField(MODELS, directory, asSkippable(made.error, directory), { part: 'models' }));
  }
  if (made.unread === undefined) context.absent?.({ part: 'models', directory });
  for (const id of made.unread ?? []) {
    // it may be a model of this run or of another
    if (!models.has(id)) context.absent?.({ part: 'models', directory: join(directory, id), item: id });
  }
  const found = [...models.values()].filter((model) => model !== undefined);
  return found.sort((a, b) => (a.modelId < b.modelId ? -1 : 1));
}

type ModelSource = readonly [id: string, read: () => Promise<LoggedModel | undefined>];

function outputsOf(runDirectory: string, hasOutputs: boolean, context: FieldContext): ModelSource[] {
  const outputs = join(runDirectory, OUTPUTS);
  const names = hasOutputs ? linkNames(outputs, context) : absentLinks(outputs, context);
  return names.map((name) => [
    name,
    async () => {
      const file = join(outputs, name, META_FILE);
      const output = await readMeta(file, isWholeOutput, context.signal, context.budget);
      const type = textField(output, 'destination_type');
      if (type !== undefined && type !== 'MODEL_OUTPUT') return undefined;
      const id = textField(output, 'source_id');
      return readModel(
        referredDirectory(runDirectory, MODELS, file, id),
        id ?? name,
        textField(output, 'step'),
        context,
      );
    },
  ]);
}

function madeBy(runDirectory: string, made: readonly string[], context: FieldContext): ModelSource[] {
  const directory = join(dirname(runDirectory), MODELS);
  return made.map((id) => [id, () => readModel(join(directory, id), id, undefined, context)]);
}

async function readModel(
  directory: string,
  id: string,
  step: string | undefined,
  context: FieldContext,
): Promise<LoggedModel | undefined> {
  const fields = await readMeta(join(directory, META_FILE), isWholeModel, context.signal, context.budget);
  if (parseLifecycleStage(textField(fields, 'lifecycle_stage')) === 'deleted') return undefined;
  const status = textField(fields, 'status');
  const prefix = `${MODELS}/${id}`;
  return {
    modelId: textField(fields, 'model_id') ?? id,
    ...optionalField('name', textField(fields, 'name')),
    ...optionalField('type', textField(fields, 'model_type')),
    ...optionalField('status', status === undefined ? undefined : (MODEL_STATUS.get(status) ?? status)),
    ...optionalField('artifactUri', textField(fields, 'artifact_location')),
    ...optionalField('step', step !== undefined && /^-?\d{1,19}$/.test(step) ? BigInt(step) : undefined),
    params: await readFields(join(directory, PARAMS), `${prefix}/${PARAMS}`, context),
    tags: await readFields(join(directory, TAGS), `${prefix}/${TAGS}`, context),
  };
}
