import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { unsupportedNode } from '../../src/cli/node-version.js';
import { built } from '../support/command-line.js';

const project = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

describe('the version of Node', () => {
  test.each(['18.20.8', '19.9.0', '20.0.0', '20.18.3'])('%s is refused', (version) => {
    expect(unsupportedNode(version)).toBe(`mlflow2aim needs Node 20.19 or later; this is ${version}.`);
  });

  test.each(['20.19.0', '20.20.1', '22.0.0', '24.11.0-nightly'])('%s will do', (version) => {
    expect(unsupportedNode(version)).toBeUndefined();
  });

  test('is the one in package.json', () => {
    const { engines } = JSON.parse(project('package.json')) as { engines: { node: string } };
    const [, first = ''] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
    expect(unsupportedNode('1.0.0')).toContain(`Node ${first} or later`);
    expect(unsupportedNode(`${first}.0`)).toBeUndefined();
  });

  test('is looked at before anything is loaded, in the command that is built', () => {
    const bundle = readFileSync(new URL(built('bundle/cli.js')), 'utf8');
    expect(bundle).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(bundle).not.toMatch(/^\s*(import|export)\b(?!\s*\()/m);
  });

  test('is looked at before anything is loaded: the entry imports statically what imports nothing', () => {
    const imports = (file: string) => [...project(file).matchAll(/^(?:import|export) .*from '(.+)'|^import '(.+)'/gm)];
    expect(imports('src/cli.ts').map(([, from]) => from)).toEqual(['./cli/node-version.js']);
    expect(imports('src/cli/node-version.ts')).toEqual([]);
  });
});
