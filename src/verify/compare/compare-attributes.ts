import type { DictValue } from '../contents.js';
import type { PlainDict } from '../expected/values.js';
import { compareDicts, pathText, type ValueDifference } from './compare-values.js';
import type { DifferenceCode, Differences } from './differences.js';
import { causeOf, type RunFacts, sourceOfAttribute } from './run-facts.js';

const CODES: Readonly<Record<ValueDifference['kind'], DifferenceCode>> = {
  missing: 'attribute-missing',
  extra: 'attribute-extra',
  differs: 'attribute-differs',
};

/** Compares what Aim's queries call `run.…`. */
export function compareAttributes(
  expected: PlainDict,
  found: DictValue,
  facts: RunFacts & { readonly isDeletedSince: boolean },
  differences: Differences,
): void {
  for (const { kind, path, ...texts } of compareDicts(expected, found)) {
    const code = CODES[kind];
    // the run was left as it was when MLflow deleted it
    if (facts.isDeletedSince && pathText(path) === 'mlflow.info.lifecycle_stage') continue;
    const [part, item] = sourceOfAttribute(path);
    const isWholePart = kind === 'extra' && part !== undefined && item === '' && facts.unread.touches(part);
    const cause = isWholePart ? 'kept' : causeOf(facts, code, part, item);
    differences.add(code, cause, { record: pathText(path), ...texts });
  }
}
