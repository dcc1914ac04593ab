import { isInt64, type PlainDict } from './values.js';

/** The sequence of Aim's that a metric becomes. */
export interface MetricName {
  readonly name: string;
  readonly context: PlainDict;
}

/** What Aim's System tab draws: MLflow's name behind `system/`, Aim's name. */
const OF_HOSTS = new Map([
  ['cpu_utilization_percentage', '__system__cpu'],
  ['system_memory_usage_percentage', '__system__memory_percent'],
  ['disk_usage_percentage', '__system__disk_percent'],
]);
const OF_GPUS = new Map([
  ['utilization_percentage', '__system__gpu'],
  ['memory_usage_percentage', '__system__gpu_memory_percent'],
  ['power_usage_watts', '__system__gpu_power_watts'],
]);
const TAKEN: ReadonlySet<string> = new Set([...OF_HOSTS.values(), '(empty)', 'logs', '__log_records']);

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
