import type { PointDataset } from '../../model.js';
import type { ContextRule } from '../../policies.js';
import { isInt64, type PlainDict } from './values.js';

/** The sequence of Aim's that a metric becomes. */
export interface MetricName {
  readonly name: string;
  readonly context: PlainDict;
}

/** System metrics: MLflow's name behind `system/`, Aim's name. */
const OF_HOSTS = new Map([
  ['cpu_utilization_percentage', '__system__cpu'],
  ['system_memory_usage_percentage', '__system__memory_percent'],
  ['disk_usage_percentage', '__system__disk_percent'],
  ['system_memory_usage_megabytes', '__system__memory_usage_megabytes'],
  ...['disk_usage', 'disk_available', 'network_receive', 'network_transmit'].map(
    (what) => [`${what}_megabytes`, `__system__${what}_megabytes`] as const,
  ),
]);
const OF_GPUS = new Map([
  ['utilization_percentage', '__system__gpu'],
  ['memory_usage_percentage', '__system__gpu_memory_percent'],
  ['power_usage_watts', '__system__gpu_power_watts'],
  ['power_usage_percentage', '__system__gpu_power_percent'],
  ...['megabytes', 'gigabytes'].map((unit) => [`memory_usage_${unit}`, `__system__gpu_memory_usage_${unit}`] as const),
]);
const TAKEN: ReadonlySet<string> = new Set([...OF_HOSTS.values(), '(empty)', 'logs', '__log_records']);

/** A metric of MLflow's, and its sequence. */
export interface NamedMetric {
  readonly key: string;
  readonly name: MetricName;
}

/** The sequences of all metrics of a run; `clashes` are keys that keep their names because of others. */
export interface MetricNames {
  readonly metrics: readonly NamedMetric[];
  readonly clashes: number;
}

/** As {@link metricName}, with the contexts that the user has named (docs/mapping.md, "Contexts of your own"). */
export function metricNames(keys: readonly string[], rules: readonly ContextRule[]): MetricNames {
  const wanted = keys.map((key) => ({ key, name: nameInContexts(key, rules) }));
  const counts = new Map<string, number>();
  for (const { name } of wanted) if (name !== undefined) counts.set(textOf(name), (counts.get(textOf(name)) ?? 0) + 1);
  const isAlone = (name: MetricName) => counts.get(textOf(name)) === 1;
  const metrics = wanted.map(({ key, name }) => ({ key, name: name && isAlone(name) ? name : metricName(key) }));
  return { metrics, clashes: wanted.filter(({ name }) => name && !isAlone(name)).length };
}

function nameInContexts(key: string, rules: readonly ContextRule[]): MetricName | undefined {
  if (metricName(key).name !== key || metricName(key).context.size > 0) return undefined;
  const context = new Map<string, string>();
  let name = key;
  const tried = new Set<string>();
  for (const first of rules) {
    if (tried.has(first.context)) continue;
    tried.add(first.context);
    for (const rule of rules) {
      const inner = rule.context === first.context ? between(name, rule) : '';
      if (inner === '') continue;
      name = inner;
      context.set(rule.context, rule.value);
      break;
    }
  }
  if (context.size === 0 || TAKEN.has(name) || name.startsWith('__system__')) return undefined;
  return { name, context };
}

/** What a key has between the two ends of a rule; empty where it does not have these. */
function between(key: string, { prefix, suffix }: ContextRule): string {
  if (!key.startsWith(prefix) || !key.endsWith(suffix)) return '';
  return key.slice(prefix.length, Math.max(prefix.length, key.length - suffix.length));
}

function textOf({ name, context }: MetricName): string {
  return JSON.stringify([name, [...context].map(String)]);
}

/** The sequence of a metric's points of a dataset; `all` are the datasets of the metric. */
export function onDataset(
  metric: MetricName,
  dataset: PointDataset | undefined,
  all: readonly PointDataset[],
): MetricName {
  if (dataset === undefined) return metric;
  const context = new Map([...metric.context, ['dataset', dataset.name]]);
  const isAmbiguous = all.some(({ name, digest }) => name === dataset.name && digest !== dataset.digest);
  if (isAmbiguous && dataset.digest !== '') context.set('digest', dataset.digest);
  return { name: metric.name, context };
}

/** Name and context of the sequence of a metric (docs/mapping.md, "Metrics"). */
export function metricName(key: string): MetricName {
  if (key === '') return plainly('(empty)');
  if (TAKEN.has(key)) return { name: key, context: new Map([['key', key]]) };
  if (!key.startsWith('system/')) return plainly(key);
  const cut = key.lastIndexOf('/');
  const node = key.slice('system/'.length, Math.max(cut, 'system/'.length));
  const quantity = key.slice(cut + 1);
  if (cut >= 'system/'.length && node === '') return plainly(key);
  const context = node === '' ? [] : [['node', node] as const];
  const ofHost = OF_HOSTS.get(quantity);
  if (ofHost !== undefined) return { name: ofHost, context: new Map(context) };
  const [, number = '', measure = ''] = /^gpu_(0|[1-9]\d*)_(.+)$/.exec(quantity) ?? [];
  const ofGpu = OF_GPUS.get(measure);
  if (ofGpu === undefined || !isInt64(BigInt(number))) return plainly(key);
  return { name: ofGpu, context: new Map<string, string | bigint>([...context, ['gpu', BigInt(number)]]) };
}

function plainly(name: string): MetricName {
  return { name, context: new Map() };
}

/** The same for the k-th repetition of steps, k ≥ 1, under `--repeated-steps split`. */
export function repetitionOf({ name, context }: MetricName, repeat: number): MetricName {
  return repeat === 0 ? { name, context } : { name, context: new Map([...context, ['repeat', BigInt(repeat)]]) };
}
