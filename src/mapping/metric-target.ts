import type { AimDict, AimKey, AimValue } from '../aim/value.js';
import { isInt64 } from './int64.js';

/** The Aim sequence that a metric becomes. */
export interface SequenceName {
  readonly name: string;
  readonly context: AimDict;
}

const NO_CONTEXT: AimDict = new Map();

/**
 * The system metrics that MLflow logs (`mlflow/system_metrics/metrics/`), and names that make them system metrics in Aim: the first
 * three of each are Aim's own, which its System tab draws.
 */
const HOST_METRICS: Readonly<Record<string, string>> = {
  cpu_utilization_percentage: '__system__cpu',
  system_memory_usage_percentage: '__system__memory_percent',
  disk_usage_percentage: '__system__disk_percent',
  system_memory_usage_megabytes: '__system__memory_usage_megabytes',
  disk_usage_megabytes: '__system__disk_usage_megabytes',
  disk_available_megabytes: '__system__disk_available_megabytes',
  network_receive_megabytes: '__system__network_receive_megabytes',
  network_transmit_megabytes: '__system__network_transmit_megabytes',
};

const GPU_METRICS: Readonly<Record<string, string>> = {
  utilization_percentage: '__system__gpu',
  memory_usage_percentage: '__system__gpu_memory_percent',
  power_usage_watts: '__system__gpu_power_watts',
  power_usage_percentage: '__system__gpu_power_percent',
  memory_usage_megabytes: '__system__gpu_memory_usage_megabytes',
  memory_usage_gigabytes: '__system__gpu_memory_usage_gigabytes',
};

/** `system/[<node>/][gpu_<i>_]<metric>`. */
const SYSTEM_METRIC = /^system\/(?:(.+)\/)?(?:gpu_(0|[1-9]\d*)_)?([^/]+)$/s;

/** Names of something else in the empty context: of other metrics, of the terminal log, of the messages. */
const TAKEN: ReadonlySet<string> = new Set([...Object.values(HOST_METRICS), '(empty)', 'logs', '__log_records']);

/**
 * The name and context of the Aim sequence that holds the metric `key`. Every key has a target of its own: one that is
 * called as Aim calls a system metric (`__system__cpu`, say, without a context), the terminal log or the messages keeps its name
 * and gets the context `{"key": key}`, because that name without a context belongs to MLflow's
 * `system/cpu_utilization_percentage`, or to what is not a metric. An empty
 * key becomes `(empty)`. System metrics of other names, and GPU numbers that are not written plainly, keep their key.
 */
export function metricTarget(key: string): SequenceName {
  if (key === '') return { name: '(empty)', context: NO_CONTEXT };
  if (TAKEN.has(key)) return { name: key, context: new Map([['key', key]]) };
  return systemTarget(key) ?? { name: key, context: NO_CONTEXT };
}

/** Whether a metric of this name would be taken for something else. */
export function isReservedName(name: string): boolean {
  return TAKEN.has(name) || name.startsWith('__system__');
}

function systemTarget(key: string): SequenceName | undefined {
  const parts = SYSTEM_METRIC.exec(key);
  if (parts === null) return undefined;
  const [, node, gpu, metric] = parts;
  const names = gpu === undefined ? HOST_METRICS : GPU_METRICS;
  if (!Object.hasOwn(names, metric!)) return undefined;
  const name = names[metric!]!;
  const context = new Map<AimKey, AimValue>();
  if (node !== undefined) context.set('node', node);
  if (gpu !== undefined) {
    if (!isInt64(BigInt(gpu))) return undefined;
    context.set('gpu', BigInt(gpu));
  }
  return { name, context };
}

/** The metric of which {@link metricTarget} made this sequence, or a repetition of it (`--repeated-steps split`). */
export function metricKey({ name, context }: SequenceName): string {
  const key = context.get('key');
  if (typeof key === 'string') return key;
  if (name === '(empty)') return '';
  const gpu = context.get('gpu');
  const metric = metricOf(gpu === undefined ? HOST_METRICS : GPU_METRICS, name);
  if (metric === undefined) return name;
  const node = context.get('node');
  return `system/${node === undefined ? '' : `${node}/`}${gpu === undefined ? '' : `gpu_${gpu}_`}${metric}`;
}

function metricOf(names: Readonly<Record<string, string>>, aimName: string): string | undefined {
  return Object.keys(names).find((metric) => names[metric] === aimName);
}
