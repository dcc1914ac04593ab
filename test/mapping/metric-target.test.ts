import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimKey, AimValue } from '../../src/aim/value.js';
import { metricTarget } from '../../src/mapping/metric-target.js';

const context = (entries: [AimKey, AimValue][]) => new Map(entries);

describe('metricTarget', () => {
  test.each(['loss', 'train/loss', 'system', 'system/', 'system/efficiency', 'my/system/cpu', 'ünï'])(
    'leaves %j as it is',
    (key) => {
      expect(metricTarget(key)).toEqual({ name: key, context: new Map() });
    },
  );

  test.each([
    ['system/cpu_utilization_percentage', '__system__cpu'],
    ['system/system_memory_usage_percentage', '__system__memory_percent'],
    ['system/disk_usage_percentage', '__system__disk_percent'],
    ['system/network_receive_megabytes', '__system__network_receive_megabytes'],
  ])('gives %s the name of a system metric of Aim', (key, name) => {
    expect(metricTarget(key)).toEqual({ name, context: new Map() });
    expect(metricTarget(key.replace('/', '/node-7/'))).toEqual({ name, context: context([['node', 'node-7']]) });
  });

  test.each([
    ['system/gpu_0_utilization_percentage', '__system__gpu', 0n],
    ['system/gpu_0_memory_usage_percentage', '__system__gpu_memory_percent', 0n],
    ['system/gpu_12_power_usage_watts', '__system__gpu_power_watts', 12n],
    ['system/gpu_0_power_usage_percentage', '__system__gpu_power_percent', 0n],
  ])('puts the number of the GPU of %s into the context', (key, name, gpu) => {
    expect(metricTarget(key)).toEqual({ name, context: context([['gpu', gpu]]) });
    const ofNode = context([
      ['node', 'a/b'],
      ['gpu', gpu],
    ]);
    expect(metricTarget(key.replace('/', '/a/b/'))).toEqual({ name, context: ofNode });
  });

  test.each([
    'system/gpu_0_efficiency',
    'system/gpu_0_memory_usage',
    'system/gpu_00_utilization_percentage',
    'system/gpu_99999999999999999999_utilization_percentage',
    'system/gpu_0_cpu_utilization_percentage',
    'system/utilization_percentage',
    'system/constructor',
    'system/gpu_0_constructor',
    'system//cpu_utilization_percentage',
  ])('leaves %s as it is', (key) => {
    expect(metricTarget(key)).toEqual({ name: key, context: new Map() });
  });

  test("sets apart a metric that is called as Aim calls the system's", () => {
    expect(metricTarget('__system__cpu')).toEqual({
      name: '__system__cpu',
      context: context([['key', '__system__cpu']]),
    });
    expect(metricTarget('__system__gpu')).toEqual({ name: '__system__gpu', context: new Map() });
  });

  test.each(['logs', '__log_records'])('sets apart a metric called %s, which is not a metric in Aim', (key) => {
    expect(metricTarget(key)).toEqual({ name: key, context: context([['key', key]]) });
  });

  test('calls an empty key (empty)', () => {
    expect(metricTarget('')).toEqual({ name: '(empty)', context: new Map() });
  });

  test('never gives two keys one target', () => {
    const key = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom('', 'system/', '__system__'),
          fc.constantFrom('', 'node/', 'a/b/', 'gpu/'),
          fc.constantFrom('', 'gpu_0_', 'gpu_00_', 'gpu_1_', 'gpu_'),
          fc.constantFrom(
            'cpu',
            'cpu_utilization_percentage',
            'utilization_percentage',
            'memory_percent',
            'gpu',
            '(empty)',
          ),
        )
        .map((parts) => parts.join('')),
    );
    const identity = (text: string) => {
      const { name, context } = metricTarget(text);
      expect(name).not.toBe('');
      return JSON.stringify([name, [...context].map(([k, v]) => [k, typeof v, String(v)]).sort()]);
    };
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 30 }), (keys) => {
        expect(new Set(keys.map(identity)).size).toBe(keys.length);
      }),
    );
  });
});
