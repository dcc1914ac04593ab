import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { programWords } from '../src/cli/completion/command-words.js';
import { createProgram } from '../src/cli/program.js';
import { ConvertEvents } from '../src/events.js';
import { WatchMetrics } from '../src/report/watch-metrics.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = [
  'Dockerfile',
  ...readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' }).map((file) => `deploy/${file}`),
].filter((file) => statSync(join(ROOT, file)).isFile());

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('alerts, their tests and the dashboard name metrics that a watch serves', async () => {
  const served = await new WatchMetrics(new ConvertEvents(), { age: undefined }).text();
  const names = new Set([...served.matchAll(/^# TYPE (\S+) (\w+)/gm)].map(([, name]) => name));
  const used = FILES.flatMap((file) => [...textOf(file).matchAll(/mlflow2aim_[a-z_]+/g)].map(([name]) => name));
  expect(new Set(used.map((name) => name.replace(/_bucket$/, '')))).toEqual(names);
});

test.each(['sync', 'convert'])('files for deploying call %s with flags that it has', (name) => {
  const { flags } = programWords(createProgram()).commands.find((command) => command.name === name)!;
  const known = new Set(flags.map(({ long }) => long));
  const calls = FILES.filter((file) => file !== 'deploy/README.md').flatMap((file) => [
    ...textOf(file).matchAll(new RegExp(`(?:mlflow2aim |\\[)${name}\\b(.*)`, 'g')),
  ]);
  expect(calls.length).toBeGreaterThan(0);
  const used = calls.flatMap(([, rest = '']) =>
    [...rest.matchAll(/--[a-z_-]+/g)].map(([flag]) => flag.replaceAll('_', '-')),
  );
  expect(used.filter((flag) => !known.has(flag))).toEqual([]);
});

test('nothing for deploying fetches a package that is not published', () => {
  expect(FILES.filter((file) => /\bnpx\b|pip install mlflow2aim/.test(textOf(file)))).toEqual([]);
});
