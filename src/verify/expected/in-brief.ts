import type { Plain } from './values.js';

/** The datasets or models of a run in one text, of which more than ten are counted. */
export function briefly(items: readonly string[]): string {
  const there = items.filter((item) => item.length > 0);
  const told = there.slice(0, 10).join(', ');
  return there.length > 10 ? `${told} and ${there.length - 10} more` : told;
}

/** `iris (5a5c68bf) train` */
export function datasetInBrief(dataset: Plain): string {
  const digest = textOf(dataset, 'digest');
  const words = [textOf(dataset, 'name'), digest === '' ? '' : `(${digest})`, textOf(dataset, 'context')];
  return words.filter((word) => word !== '').join(' ');
}

/** `lenet (step 3)`; a model of MLflow 2 has no name, but a path. */
export function modelInBrief(model: Plain): string {
  const name = textOf(model, 'name') || textOf(model, 'model_id') || textOf(model, 'artifact_path');
  const step = model instanceof Map ? (model.get('step') as Plain | undefined) : undefined;
  return typeof step === 'bigint' && step >= 1n ? `${name} (step ${step})` : name;
}

function textOf(item: Plain, field: string): string {
  const value = item instanceof Map ? (item.get(field) as Plain | undefined) : undefined;
  return typeof value === 'string' ? value : '';
}
