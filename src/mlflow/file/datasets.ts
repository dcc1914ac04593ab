import { basename, dirname, join } from 'node:path';
import { ConvertError } from '../../errors.js';
import type { DatasetInput, StageContext } from '../../model.js';
import { contextAndTags } from '../common/dataset-input.js';
import { DATASETS, INPUTS, META_FILE } from '../common/layout-names.js';
import { optionalField } from '../common/run-fields.js';
import { directories, isPlainName } from '../local/directories.js';
import { asSkippable, unreadableField } from '../local/skippable.js';
import type { FieldContext } from './field-budget.js';
import { type Completeness, readMeta } from './meta-file.js';
import { textField } from './meta-yaml.js';
import { isMapping, type YamlMapping } from './yaml-mapping.js';

// Keys are sorted; these are the last with a value.
const isWholeInput: Completeness = (fields) => textField(fields, 'source_type') !== undefined;
const isWholeDataset: Completeness = (fields) => fields.has('source_type');

/**
 * Reads the datasets of a run, sorted by name and digest: `inputs/<id>/meta.yaml` names a directory in the experiment's `datasets/`.
 * Inputs of another kind (models) are not datasets. What cannot be read is a notice.
 *
 * @param hasInputs whether the run has the directory `inputs/`
 */
export async function readFileDatasets(
  runDirectory: string,
  hasInputs: boolean,
  context: FieldContext,
): Promise<DatasetInput[]> {
  const inputs = join(runDirectory, INPUTS);
  const datasets: DatasetInput[] = [];
  for (const name of hasInputs ? linkNames(inputs, context) : absentLinks(inputs, context)) {
    const file = join(inputs, name, META_FILE);
    try {
      const input = await readMeta(file, isWholeInput, context.signal, context.budget);
      if (textField(input, 'source_type') === 'DATASET')
        datasets.push(await readDataset(runDirectory, file, input, context));
    } catch (cause) {
      if (context.signal.aborted) throw cause;
      context.notice(unreadableField(`${INPUTS}/${name}`, file, asSkippable(cause, file), { part: 'datasets' }));
    }
  }
  return datasets.sort((a, b) => compare(a.name, b.name) || compare(a.digest, b.digest));
}

/** Lists the directories in `inputs/` or `outputs/`, one for each reference of the run. */
export function linkNames(directory: string, context: StageContext): string[] {
  try {
    const names = directories(directory);
    return names.length > 0 ? names : absentLinks(directory, context);
  } catch (cause) {
    const field = basename(directory);
    context.notice(unreadableField(field, directory, asSkippable(cause, directory), { part: partOf(directory) }));
    return [];
  }
}

/** Reports that the directory does not exist, or is empty. */
export function absentLinks(directory: string, context: StageContext): [] {
  const part = partOf(directory);
  context.absent?.({ part, directory, ...(part === 'models' && { outputsOnly: true }) });
  return [];
}

function partOf(directory: string): 'datasets' | 'models' {
  return basename(directory) === INPUTS ? 'datasets' : 'models';
}

/**
 * The directory that an input or output refers to. `destination_id` does not help: MLflow writes the source's id into it.
 *
 * @param parent `datasets` or `models`
 */
export function referredDirectory(runDirectory: string, parent: string, file: string, id: string | undefined): string {
  if (id === undefined || !isPlainName(id)) {
    throw new ConvertError('skip-item', 'not-found', `${file} refers to nothing in ${parent}/.`, { where: file });
  }
  return join(dirname(runDirectory), parent, id);
}

async function readDataset(
  runDirectory: string,
  inputFile: string,
  input: YamlMapping,
  { signal, budget }: FieldContext,
): Promise<DatasetInput> {
  const directory = referredDirectory(runDirectory, DATASETS, inputFile, textField(input, 'source_id'));
  const fields = await readMeta(join(directory, META_FILE), isWholeDataset, signal, budget);
  const tags = input.get('tags');
  return {
    name: textField(fields, 'name') ?? '',
    digest: textField(fields, 'digest') ?? '',
    ...contextAndTags(isMapping(tags) ? textsOf(tags) : new Map()),
    ...optionalField('sourceType', textField(fields, 'source_type')),
    ...optionalField('source', textField(fields, 'source')),
    ...optionalField('schema', textField(fields, 'schema')),
    ...optionalField('profile', textField(fields, 'profile')),
  };
}

function textsOf(fields: YamlMapping): Map<string, string> {
  return new Map([...fields.keys()].map((name) => [name, textField(fields, name) ?? '']));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
