import type { DatasetInput, LoggedModel, Run } from '../../model.js';
import { jsonValue } from './json-text.js';
import { typedParam } from './python-value.js';
import { clean, cleanText } from './secrets.js';
import { dictOf, type Plain, type PlainDict, withNamedKeys } from './values.js';

/** The tag in which MLflow 2 lists the models of a run. */
export const MODEL_HISTORY = 'mlflow.log-model.history';

export function typedParams(params: ReadonlyMap<string, string>, raw: boolean): PlainDict {
  return withNamedKeys(raw ? params : new Map([...params].map(([key, text]) => [key, typedParam(text)])));
}

export function datasetsOf({ datasets }: Run): Plain[] {
  const order = ({ name, digest, context = '' }: DatasetInput) => [name, digest, context];
  return [...datasets].sort((a, b) => compareLists(order(a), order(b))).map(datasetOf);
}

function datasetOf({ name, digest, context, sourceType, source, schema, profile, tags }: DatasetInput): Plain {
  return dictOf({
    name: clean(name),
    digest: clean(digest),
    context: clean(context),
    source_type: clean(sourceType),
    source: clean(jsonOrText(source)),
    schema: clean(jsonOrText(schema)),
    profile: clean(jsonOrText(profile)),
    tags: withNamedKeys(tags ?? new Map()),
  });
}

export function modelsOf({ models, params }: Run, rawParams: boolean): Plain[] {
  return [...models].sort(byStepAndId).map((model) => {
    const ownParams = [...model.params].filter(([key, text]) => !params.has(key) || params.get(key) !== text);
    return modelOf({ ...model, params: new Map(ownParams) }, rawParams);
  });
}

function byStepAndId(a: LoggedModel, b: LoggedModel): number {
  const [stepA, stepB] = [a.step ?? -1n, b.step ?? -1n];
  return stepA === stepB ? compareLists([a.modelId], [b.modelId]) : stepA < stepB ? -1 : 1;
}

function modelOf({ modelId, name, type, status, artifactUri, step, params, tags }: LoggedModel, raw: boolean): Plain {
  const cleaned = [...tags].map(([key, text]): [string, Plain] => [
    key,
    key.startsWith('mlflow.') ? cleanText(text) : text,
  ]);
  return dictOf({
    model_id: modelId,
    name,
    type: clean(type),
    status: clean(status),
    artifact_uri: clean(artifactUri),
    step,
    params: typedParams(params, raw),
    tags: withNamedKeys(new Map(cleaned)),
  });
}

/** What the tag of MLflow 2 lists; undefined where it is no list of something, and stays a tag. */
export function historyOfModels({ tags }: Run): readonly Plain[] | undefined {
  const history = jsonValue(tags.get(MODEL_HISTORY) ?? '');
  return Array.isArray(history) && history.length > 0 ? (clean(history as Plain) as readonly Plain[]) : undefined;
}

function jsonOrText(text: string | undefined): Plain | undefined {
  if (text === undefined) return undefined;
  const value = jsonValue(text);
  return value === undefined ? text : value;
}

/** By UTF-16 code units. */
function compareLists(a: readonly string[], b: readonly string[]): number {
  const i = a.findIndex((text, at) => text !== b[at]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
}
