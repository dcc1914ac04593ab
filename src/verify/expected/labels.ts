import type { Run } from '../../model.js';
import type { LabelRule } from '../../policies.js';
import { keyTest } from './glob.js';

/** The colours of the labels of a status. */
export const STATUS_COLORS: ReadonlyMap<string, string> = new Map([
  ['FAILED', '#E64B3C'],
  ['KILLED', '#F4A62A'],
]);

/** The names of the labels that a run has to have: FAILED or KILLED, and `key: value` of the tags that become labels. */
export function expectedLabels({ status, tags }: Run, rules: readonly LabelRule[]): readonly string[] {
  const names = new Set<string>(status === 'FAILED' || status === 'KILLED' ? [status] : []);
  const tests = rules.map(({ glob }) => keyTest(glob));
  const keys = [...tags.keys()].filter((key) => !key.startsWith('mlflow.') && tests.some((matches) => matches(key)));
  for (const key of keys.sort()) {
    if (names.size === 100) break;
    const value = tags.get(key) ?? '';
    const words = `${key}${value === '' ? '' : `: ${value}`}`.split(/[\s\0]+/);
    const name = cut(words.filter((word) => word !== '').join(' '));
    if (name !== '') names.add(name);
  }
  return [...names];
}

function cut(name: string): string {
  const characters = Array.from(name);
  return characters.length > 100 ? `${characters.slice(0, 99).join('').trimEnd()}…` : name;
}
