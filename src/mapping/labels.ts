import type { Label } from '../aim/run-properties.js';
import type { RunStatus } from '../model.js';
import type { LabelRule } from '../policies.js';
import { labelPattern } from './label-patterns.js';
import { shortened } from './shortened.js';
import { isSystemTag } from './tag-reader.js';

/** Labels of one run; Aim's UI draws them all in one line. */
const MOST = 100;
/** Characters of one label's name. */
const LONGEST = 100;

const OF_STATUS: Partial<Record<RunStatus, Label>> = {
  FAILED: { name: 'FAILED', color: '#E64B3C' },
  KILLED: { name: 'KILLED', color: '#F4A62A' },
};

/** Those that Aim's UI offers for new labels. */
const COLORS = ['#3E72E7', '#18AB6D', '#7A4CE0', '#E149A0', '#E43D3D', '#E8853D', '#0394B4', '#729B1B'];

/** The labels of a run: of its status, and `key: value` of each tag that a rule names, by key. */
export function labelsOf(
  status: RunStatus,
  tags: ReadonlyMap<string, string>,
  rules: readonly LabelRule[],
): readonly Label[] {
  const ofStatus = OF_STATUS[status];
  const labels = new Map(ofStatus === undefined ? [] : [[ofStatus.name, ofStatus]]);
  if (rules.length === 0) return [...labels.values()];
  const tests = rules.map(({ glob, color }) => ({ color, matches: labelPattern(glob) }));
  for (const key of [...tags.keys()].sort()) {
    if (isSystemTag(key) || labels.size >= MOST) continue;
    const matching = tests.filter(({ matches }) => matches(key));
    if (matching.length === 0) continue;
    const name = nameOf(key, tags.get(key)!);
    if (name === '' || labels.has(name)) continue;
    labels.set(name, { name, color: matching.findLast(({ color }) => color !== undefined)?.color ?? colorOf(name) });
  }
  return [...labels.values()];
}

function nameOf(key: string, value: string): string {
  const name = (value === '' ? key : `${key}: ${value}`).replace(/[\s\0]+/g, ' ').trim();
  return shortened(name.slice(0, 4 * LONGEST), LONGEST);
}

/** The same for the same name in every repository. */
function colorOf(name: string): string {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 65_521;
  return COLORS[sum % COLORS.length]!;
}
