import type { AimDict, AimValue } from '../aim/value.js';
import type { DatasetInput, Run } from '../model.js';
import { parseJson } from './json-value.js';
import { withoutEmptyKey } from './keys.js';
import { present } from './present.js';
import { isSystemTag, type TagReader } from './tag-reader.js';
import { cleaned, withoutSecrets, withoutSecretsIn } from './url-secrets.js';

/** Datasets and models that a short text names; the others are counted. */
const NAMED = 10;

/** The datasets of a run, sorted by name, digest and context: their order says nothing in MLflow and differs from source to source. */
export function mapDatasets(datasets: readonly DatasetInput[]): AimDict[] {
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

/** The logged models of a run, sorted by step and id, without those params that are the run's. */
export function mapModels(run: Run, mapParams: (params: ReadonlyMap<string, string>) => AimDict): AimDict[] {
  const sorted = [...run.models].sort((a, b) => compare(a.step ?? -1n, b.step ?? -1n) || compare(a.modelId, b.modelId));
  return sorted.map((model) =>
    present([
      ['model_id', model.modelId],
      ['name', model.name],
      ['type', cleaned(model.type)],
      ['status', cleaned(model.status)],
      ['artifact_uri', cleaned(model.artifactUri)],
      ['step', model.step],
      ['params', mapParams(new Map([...model.params].filter(([key, text]) => run.params.get(key) !== text)))],
      ['tags', withoutEmptyKey(tagsOfModel(model.tags))],
    ]),
  );
}

function tagsOfModel(tags: ReadonlyMap<string, string>): ReadonlyMap<string, AimValue> {
  return new Map([...tags].map(([key, text]) => [key, isSystemTag(key) ? withoutSecrets(text) : text]));
}

/** The models that MLflow 2 listed in a tag, which stays a tag when it is no list of something. */
export function modelHistory(tags: TagReader): readonly AimValue[] {
  const history = 'mlflow.log-model.history';
  const models = parseJson(tags.peek(history) ?? '');
  if (!Array.isArray(models) || models.length === 0) return [];
  tags.take(history);
  return (models as readonly AimValue[]).map(withoutSecretsIn);
}

/** Datasets as a person reads them: `iris (5a5c68bf) train, wine (cd5d3d0f) test`. */
export function shortDatasets(datasets: readonly AimDict[]): string {
  return shortened(
    datasets.map((dataset) => {
      const [name, digest, context] = ['name', 'digest', 'context'].map((field) => textAt(dataset, field));
      return [name, digest && `(${digest})`, context].filter(Boolean).join(' ');
    }),
  );
}

/** Models as a person reads them: `lenet (step 3), lenet (step 7)`; those of MLflow 2 by their artifact path. */
export function shortModels(models: readonly AimValue[]): string {
  return shortened(
    models.map((model) => {
      if (!(model instanceof Map)) return '';
      const step = model.get('step');
      const name = ['name', 'model_id', 'artifact_path'].map((field) => textAt(model, field)).find(Boolean) ?? '';
      return typeof step === 'bigint' && step > 0n ? `${name} (step ${step})` : name;
    }),
  );
}

function textAt(dict: AimDict, field: string): string {
  const value = dict.get(field);
  return typeof value === 'string' ? value : '';
}

function shortened(texts: readonly string[]): string {
  const named = texts.filter((text) => text !== '');
  const more = named.length - NAMED;
  return named.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function jsonOrText(text: string | undefined): AimValue | undefined {
  if (text === undefined) return undefined;
  const value = parseJson(text);
  return value === undefined ? text : value; // null is what `null` means
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
