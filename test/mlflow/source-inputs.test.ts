import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { sourceInputs, VARIABLES } from '../../src/mlflow/source-inputs.js';
import { DEFAULT_SOURCE } from '../../src/options.js';

const SOURCES = fileURLToPath(new URL('../../src/mlflow/', import.meta.url));

/** The names in upper case that a file takes from an environment: `env.NAME`, or a name in quotes. */
function variablesIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  const read = [...code.matchAll(/\benv\??\.([A-Z][A-Z0-9_]+)/g)].map(([, name = '']) => name);
  const quoted = [...code.matchAll(/'((?:MLFLOW_|AWS_|AZURE_|GOOGLE_|GCLOUD_|PG|HTTPS?_|MYSQL_|SSL_)[A-Z0-9_]+)'/g)];
  return [...read, ...quoted.map(([, name = '']) => name)];
}

test('every environment variable that a source reads is known as deciding, or as not', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const found = files
    .filter((name) => name !== 'source-inputs.ts')
    .flatMap((name) => variablesIn(readFileSync(join(SOURCES, name), 'utf8')));
  expect(new Set(found).size).toBeGreaterThan(30);
  expect(found.filter((name) => !(name in VARIABLES))).toEqual([]);
});

test('what decides changes the inputs, however it is written; what does not leaves them', () => {
  const plain = sourceInputs(DEFAULT_SOURCE, {});
  const at = (artifactsDestination: string) => sourceInputs({ ...DEFAULT_SOURCE, artifactsDestination }, {});
  expect(at('store')).not.toBe(plain);
  expect(at('store')).toBe(at(join(process.cwd(), 'store')));
  expect(at(`file://${process.cwd()}/store`)).toBe(at('./store/'));
  expect(at('s3://key:one@bucket/x')).toBe(at('s3://key:two@bucket/x'));
  expect(sourceInputs({ concurrency: 9, requestsPerSecond: 1 }, {})).toBe(plain);
  expect(sourceInputs({ ...DEFAULT_SOURCE, workspace: 'w' }, {})).not.toBe(plain);
  for (const [name, role] of Object.entries(VARIABLES)) {
    const isSame = sourceInputs(DEFAULT_SOURCE, { [name]: 'x' }) === plain;
    expect({ name, isSame }).toEqual({ name, isSame: role === 'access' || role === 'pace' });
  }
  expect(sourceInputs(DEFAULT_SOURCE, { PGHOST: '' })).toBe(plain);
});
