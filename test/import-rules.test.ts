import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  circles,
  importedOnlyBy,
  importsNone,
  importsOfTable,
  importsOnly,
  loadsNot,
  loadsThrough,
  looseFiles,
  readLayers,
  roomsOfTable,
  unusedOfTable,
} from './support/import-rules.js';
import { type ImportKind, importsOf, type ModuleGraph, moduleGraph } from './support/module-graph.js';

/** Files that may lie loose in `src/`, and why. */
const LOOSE_FILES: Readonly<Record<string, string>> = {
  'cli.ts': 'entry point: the command',
  'index.ts': 'entry point: the library',
  'convert.ts': 'entry point: one conversion, opened, locked and closed',
  'repair.ts': 'entry point: verifies, converts what differs, verifies that',
  'verify.ts': 'entry point: one verification, opened and closed',
  'pipeline.ts': 'entry point: the stages of a conversion, one after the other',
  'address-space.ts': 'ground floor: memory that the system allows',
  'backoff.ts': 'ground floor: how long to wait between attempts',
  'character-width.ts': 'ground floor: how wide text is',
  'clock.ts': 'ground floor: time',
  'errors.ts': 'ground floor: how to react to a failure',
  'events.ts': 'ground floor: what a conversion tells while it works',
  'failpoints.ts': 'ground floor: where tests break a conversion off',
  'family.ts': 'ground floor: where a run stands among nested runs',
  'model.ts': "ground floor: MLflow's runs, metrics and artifacts",
  'options.ts': 'ground floor: what a conversion is asked to do',
  'outcome.ts': 'ground floor: what became of a run',
  'policies.ts': 'ground floor: what decides about the result',
  'wait.ts': 'ground floor: waiting that can be aborted',
};

/** The rooms above `aim/` and `mlflow/`. */
const UPPER_ROOMS = ['run', 'state', 'publish', 'conversion', 'watch', 'report', 'cli'];

/** A file that is longer says more than one thing. */
const MOST_LINES = 250;

const WORKER = 'run/worker.ts';

/** Who in a worker thread uses SQLite, whose native library is loaded on first use: only where the source is such a database. */
const SQLITE_IN_WORKERS = ['aim', 'mlflow/sql/sqlite'];

/** Who puts these together has a conversion of its own, which is not the one that is shipped; with their own tests. */
const PARTS_OF_A_CONVERSION = ['publish/publisher.ts', 'run/convert-run.ts'];

test('tests and benchmarks measure and prove the conversion that is shipped', () => {
  const parts = PARTS_OF_A_CONVERSION.flatMap((part) => [`src/${part}`, `dist/${part}`]);
  const users = ['bench', 'examples', 'scripts', 'test'].flatMap(scriptsIn).filter((file) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    if (!parts.some((part) => text.includes(part.replace(/\.ts$/, '.js')))) return false;
    return importsOf(file, text).some(({ target, kind }) => kind !== 'type' && parts.includes(target));
  });
  expect(users.filter((file) => !file.startsWith('test/publish/'))).toEqual([]);
});

function scriptsIn(directory: string): string[] {
  const names = readdirSync(new URL(`../${directory}`, import.meta.url), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.m?[jt]s$/.test(name)).map((name) => `${directory}/${name}`);
}

describe('the modules of src/', () => {
  const modules = moduleGraph();
  const layers = readLayers(readFileSync(new URL('../docs/layers.md', import.meta.url), 'utf8'));

  test('have no circle of rooms', () => expect(circles(modules)).toEqual([]));

  test('leave rocksdb/ independent of all others', () => {
    expect(importsOnly(modules, 'rocksdb', ['errors.ts'])).toEqual([]);
  });

  test('keep MLflow and Aim apart', () => {
    expect([...importsNone(modules, ['mlflow'], ['aim']), ...importsNone(modules, ['aim'], ['mlflow'])]).toEqual([]);
  });

  test('keep MLflow and Aim free of what uses them', () => {
    expect(importsNone(modules, ['mlflow', 'aim'], UPPER_ROOMS)).toEqual([]);
  });

  test('keep verification free of what writes', () => {
    const writing = ['aim', 'artifacts', 'conversion', 'mapping', 'publish', 'rocksdb', 'run', 'stages'];
    expect(importsNone(modules, ['verify'], writing)).toEqual([]);
  });

  test('leave report/ to the command', () => {
    expect(importedOnlyBy(modules, 'report', ['cli'])).toEqual([]);
  });

  test('lie in rooms, but for entry points and ground floor', () => {
    expect(looseFiles(modules, LOOSE_FILES)).toEqual([]);
  });

  test(`have at most ${MOST_LINES} lines`, () => {
    const lines = [...modules.keys()].map((file) => ({ file, lines: linesOf(file) }));
    expect(lines.filter((one) => one.lines > MOST_LINES)).toEqual([]);
  });

  test('load no native SQLite in a worker thread', () => {
    expect([
      ...loadsNot(modules, WORKER, '@photostructure/sqlite'),
      ...loadsThrough(modules, WORKER, 'sqlite', SQLITE_IN_WORKERS),
    ]).toEqual([]);
  });

  test('have their rooms in the table of layers', () => expect(roomsOfTable(modules, layers)).toEqual([]));

  test('import what the table of layers says, and no less', () => {
    expect([...importsOfTable(modules, layers), ...unusedOfTable(modules, layers)]).toEqual([]);
  });
});

function linesOf(file: string): number {
  return readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8').split('\n').length - 1;
}

/** Modules made up for a test: `'a/b.ts': ['c/d.ts', 'type e/f.ts']`. */
function modulesOf(imports: Readonly<Record<string, readonly string[]>>): ModuleGraph {
  return new Map(
    Object.entries(imports).map(([file, targets]) => [
      file,
      targets.map((text) => {
        const [kind, target] = text.includes(' ') ? text.split(' ') : ['value', text];
        return { target: target!, kind: kind as ImportKind };
      }),
    ]),
  );
}

describe('a rule of imports that is broken is told in a sentence:', () => {
  test('a circle between rooms, of types alone', () => {
    const modules = modulesOf({
      'a/x.ts': ['b/y.ts'],
      'b/y.ts': ['a/x.ts', 'c.ts'],
      'b/z.ts': ['type a/x.ts'],
      'c.ts': [],
    });
    expect(circles(modules)).toEqual([
      'Rooms may not import each other in a circle: a → b → a (a/x.ts imports b/y.ts, b/y.ts imports a/x.ts).',
    ]);
    const longer = modulesOf({ 'a/x.ts': ['b/y.ts'], 'b/y.ts': [], 'b/z.ts': ['c.ts'], 'c.ts': ['type a/x.ts'] });
    expect(circles(longer)).toEqual([
      'Rooms may not import each other in a circle: a → b → c.ts → a ' +
        '(a/x.ts imports b/y.ts, b/z.ts imports c.ts, c.ts imports a/x.ts).',
    ]);
    expect(circles(modulesOf({ 'a/x.ts': ['a/y.ts', 'b/z.ts'], 'a/y.ts': ['a/x.ts'], 'b/z.ts': [] }))).toEqual([]);
  });

  test('a room that imports more than it may', () => {
    const modules = modulesOf({
      'r/x.ts': ['r/y.ts', 'errors.ts', 'model.ts'],
      'r/y.ts': [],
      'errors.ts': [],
      'model.ts': [],
    });
    expect(importsOnly(modules, 'r', ['errors.ts'])).toEqual([
      'r/ may import nothing of this project but errors.ts: r/x.ts imports model.ts.',
    ]);
    expect(importsOnly(modules, 'r', [])).toHaveLength(2);
  });

  test('a room that imports what it may not', () => {
    const modules = modulesOf({ 'a/b/x.ts': ['type run/task/y.ts'], 'run/task/y.ts': ['runs.ts'], 'runs.ts': [] });
    expect(importsNone(modules, ['a', 'run'], ['run'])).toEqual([
      'a/ may not import run/: a/b/x.ts imports run/task/y.ts.',
    ]);
  });

  test('a room that is imported by others than it may be', () => {
    const modules = modulesOf({ 'a/x.ts': ['r/y.ts'], 'cli/z.ts': ['r/y.ts'], 'r/y.ts': ['r/z.ts'], 'r/z.ts': [] });
    expect(importedOnlyBy(modules, 'r', ['cli'])).toEqual(['Only cli may import r/: a/x.ts imports r/y.ts.']);
  });

  test('a loose file that is not listed', () => {
    expect(looseFiles(modulesOf({ 'cli.ts': [], 'more.ts': [], 'a/x.ts': [] }), { 'cli.ts': 'entry' })).toEqual([
      'Loose files in src/ are entry points and the ground floor only: more.ts belongs in a room.',
    ]);
  });

  test('a library that a thread loads', () => {
    const modules = modulesOf({
      'w.ts': ['a/x.ts', 'lazy a/z.ts'],
      'a/x.ts': ['native', 'type b/y.ts'],
      'a/z.ts': ['b/y.ts'],
    });
    const withLibrary = new Map([...modules, ...modulesOf({ 'b/y.ts': ['native'] })]);
    expect(loadsNot(withLibrary, 'w.ts', 'native')).toEqual([
      'w.ts may not load native: a/x.ts, which it loads, imports it.',
    ]);
  });

  test('a room that a thread loads by another way', () => {
    const modules = modulesOf({
      'w.ts': ['a/x.ts', 'b/y.ts'],
      'a/x.ts': ['s/s.ts'],
      'b/y.ts': ['s/s.ts', 'lazy c/z.ts'],
      'c/z.ts': ['s/s.ts'],
      's/s.ts': [],
    });
    expect(loadsThrough(modules, 'w.ts', 's', ['a'])).toEqual([
      'Of what w.ts loads, only a may import s/: b/y.ts imports s/s.ts.',
    ]);
  });

  test('the table of layers and the code say different things', () => {
    const layers = readLayers(
      [
        '## Other',
        '| `no` | a room | |',
        '## Layers',
        '',
        '| room | what | may import |',
        '| --- | --- | --- |',
        '| `errors.ts`, `model.ts` | ground floor: words | |',
        '| `a` | below | ground floor |',
        '| `b` | above | `a`, `c/` |',
        '| `b` | once more | `a`, `c/` |',
        '| `gone` | was | |',
        '## More',
        '| `no` | a room | |',
      ].join('\n'),
    );
    const modules = modulesOf({
      'errors.ts': [],
      'model.ts': ['type errors.ts'],
      'a/x.ts': ['errors.ts', 'type b/y.ts'],
      'b/y.ts': ['errors.ts', 'a/x.ts'],
      'new/z.ts': [],
    });
    expect(roomsOfTable(modules, layers)).toEqual([
      'Every room has a line in the table of layers: `new` has none.',
      'The table of layers lists rooms that exist: there is no `gone` in src/.',
      'A room has one line in the table of layers: `b` has two.',
    ]);
    expect(importsOfTable(modules, layers)).toEqual([
      'The table of layers does not let `model.ts` import `errors.ts`: model.ts imports errors.ts.',
      'The table of layers does not let `a` import `b`: a/x.ts imports b/y.ts.',
      'The table of layers does not let `b` import `errors.ts`: b/y.ts imports errors.ts.',
    ]);
    expect(unusedOfTable(modules, layers.slice(0, 3))).toEqual([
      'The table of layers lets `b` import `c/`, which nothing there does.',
    ]);
  });
});

test('the imports of a module are found, types and late ones included', () => {
  const text = `
    import { readFileSync } from 'node:fs';
    import type { A } from './a.js';
    import { type B } from '../b.js';
    import { type C, c } from '../c/c.js';
    import '../d.js';
    export { e } from './e.js';
    export * from './f.js';
    export type { G } from './g.js';
    type H = typeof import('@scope/h/deep/file.js');
    const i = await import('./i.js');
    const j = new URL('./j.js', import.meta.url);
    const k = createRequire(import.meta.url)('k');
    const l = require('l/part.js');
    const m = new URL('../../package.json', import.meta.url);
    const text = "import { n } from './n.js'";
  `;
  expect(importsOf('room/file.ts', text)).toEqual([
    { target: 'node:fs', kind: 'value' },
    { target: 'room/a.ts', kind: 'type' },
    { target: 'b.ts', kind: 'type' },
    { target: 'c/c.ts', kind: 'value' },
    { target: 'd.ts', kind: 'value' },
    { target: 'room/e.ts', kind: 'value' },
    { target: 'room/f.ts', kind: 'value' },
    { target: 'room/g.ts', kind: 'type' },
    { target: '@scope/h', kind: 'type' },
    { target: 'room/i.ts', kind: 'lazy' },
    { target: 'room/j.ts', kind: 'lazy' },
    { target: 'k', kind: 'lazy' },
    { target: 'l', kind: 'lazy' },
  ]);
});
