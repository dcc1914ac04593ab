import type { AimKey, AimValue } from '../aim/value.js';
import type { Notice } from '../model.js';
import type { ContextRule } from '../policies.js';
import { isReservedName, metricKey, metricTarget, type SequenceName } from './metric-target.js';

/** The Aim sequences of all metrics of a run (docs/mapping.md, "Contexts of your own"). */
export interface MetricSequences {
  of(key: string): SequenceName;
  /** One for each metric that keeps its own name because another would have become the same sequence. */
  readonly clashes: readonly Notice[];
}

/**
 * Decides into which sequences the metrics of a run go. That depends on all keys together: those that `rules` would give one
 * sequence keep their own names.
 *
 * @param keys of all metrics of the run
 */
export function metricSequences(keys: Iterable<string>, rules: readonly ContextRule[]): MetricSequences {
  if (rules.length === 0) return { of: metricTarget, clashes: [] };
  const targets = new Map<string, SequenceName>();
  const keysOf = new Map<string, string[]>();
  for (const key of keys) {
    const target = inContexts(key, rules);
    if (target === undefined) continue;
    targets.set(key, target);
    const id = idOf(target);
    keysOf.set(id, [...(keysOf.get(id) ?? []), key]);
  }
  const shared = [...keysOf.values()].filter((some) => some.length > 1);
  const clashes = shared.flat().map((metric): Notice => {
    const { name, context } = targets.get(metric)!;
    targets.delete(metric);
    return { kind: 'context-clash', metric, sequence: `${name} ${JSON.stringify(Object.fromEntries(context))}` };
  });
  return { of: (key) => targets.get(key) ?? metricTarget(key), clashes };
}

/** The keys of which a sequence may have been made; the contexts of datasets and repetitions do not matter. */
export function possibleKeys(sequence: SequenceName, rules: readonly ContextRule[]): string[] {
  let keys = [metricKey(sequence)];
  for (const name of [...new Set(rules.map((rule) => rule.context))].reverse()) {
    const value = sequence.context.get(name);
    const fitting = rules.filter((rule) => rule.context === name && rule.value === value);
    if (fitting.length === 0) continue;
    keys = keys.flatMap((key) => fitting.map(({ prefix, suffix }) => `${prefix}${key}${suffix}`));
  }
  return keys;
}

/** Undefined for a key that no rule matches, or that has a place of its own. */
function inContexts(key: string, rules: readonly ContextRule[]): SequenceName | undefined {
  const plain = metricTarget(key);
  if (plain.name !== key || plain.context.size > 0) return undefined;
  const context = new Map<AimKey, AimValue>();
  let name = key;
  for (const contextName of new Set(rules.map((rule) => rule.context))) {
    const rule = rules.find((one) => one.context === contextName && matches(one, name));
    if (rule === undefined) continue;
    name = name.slice(rule.prefix.length, name.length - rule.suffix.length);
    context.set(contextName, rule.value);
  }
  return context.size === 0 || isReservedName(name) ? undefined : { name, context };
}

function matches({ prefix, suffix }: ContextRule, name: string): boolean {
  return name.length > prefix.length + suffix.length && name.startsWith(prefix) && name.endsWith(suffix);
}

function idOf({ name, context }: SequenceName): string {
  return JSON.stringify([name, ...context]);
}
