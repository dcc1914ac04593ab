import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { id } from './example-store.js';
import type { FileStoreBuilder, RunSpec } from './file-store-builder.js';

/** Something that a file store may hold, whoever made it, and what is to become of it. */
export interface Attack {
  /** Puts it into a store whose other runs are good ones. */
  readonly arm: (store: FileStoreBuilder) => void;
  readonly flags?: readonly string[];
  /** By default 0. */
  readonly code?: number;
  /** Of the report: what is said of it. */
  readonly told?: readonly (string | RegExp)[];
  /** What may be nowhere in Aim. */
  readonly absent?: readonly string[];
}

/** The run that does harm. */
const HOSTILE = id('bad');

const SPARSE = 100 * 2 ** 30;

/** A run of which everything but what the attack puts there is as usual; gives its directory. */
function run(store: FileStoreBuilder, spec: Partial<RunSpec> = {}): string {
  return store.run('1', { runId: HOSTILE, name: 'hostile', params: { own: '1' }, ...spec });
}

const inRun =
  (...harm: ((directory: string) => void)[]) =>
  (store: FileStoreBuilder): void => {
    const directory = run(store);
    for (const each of harm) each(directory);
  };

function text(path: string, content: string | Uint8Array) {
  return (directory: string): void => writeFileSync(join(directory, path), content);
}

function sparse(path: string, bytes = SPARSE) {
  return (directory: string): void => {
    writeFileSync(join(directory, path), '');
    truncateSync(join(directory, path), bytes);
  };
}

function fifo(path: string) {
  return (directory: string): void => {
    rmSync(join(directory, path), { force: true });
    execFileSync('mkfifo', [join(directory, path)]);
  };
}

function link(path: string, target: string) {
  return (directory: string): void => {
    rmSync(join(directory, path), { force: true });
    symlinkSync(target, join(directory, path));
  };
}

/** Deeper than a path can be long. */
function deep(path: string) {
  return (directory: string): void => {
    const before = process.cwd();
    process.chdir(join(directory, path));
    try {
      for (let i = 0; i < 3000; i++) {
        mkdirSync('d');
        process.chdir('d');
      }
      writeFileSync('x.txt', 'x');
    } finally {
      process.chdir(before);
    }
  };
}

/** 2^23 ways to one file. */
function branchingLinks(directory: string): void {
  const level = (i: number) => join(directory, 'artifacts', `level${i}`);
  for (let i = 0; i < 23; i++) {
    mkdirSync(level(i));
    for (const name of ['a', 'b']) symlinkSync(`../level${i + 1}`, join(level(i), name));
  }
  mkdirSync(level(23));
  writeFileSync(join(level(23), 'x.txt'), 'x');
}

const FILES: Record<string, Attack> = {
  'a FIFO as meta.yaml': { arm: inRun(fifo('meta.yaml')), code: 3, told: ['meta.yaml is not a regular file'] },
  'a FIFO as meta.yaml of an experiment': {
    arm: (store) => fifo('meta.yaml')(store.experiment({ id: '66' })),
    code: 3,
    told: ['66/meta.yaml is not a regular file'],
  },
  'FIFOs as param, tag, metric and artifact': {
    arm: inRun(fifo('params/f'), fifo('tags/f'), fifo('metrics/f'), fifo('artifacts/f.txt')),
    code: 3,
    told: ['params/f is not a regular file', 'tags/f is', 'metrics/f is', 'artifacts/f.txt is'],
  },
  'a device as meta.yaml': { arm: inRun(link('meta.yaml', '/dev/zero')), code: 3, told: ['is not a regular file'] },
  'links to devices': {
    arm: inRun(link('params/z', '/dev/zero'), link('metrics/z', '/dev/zero'), link('artifacts/z.txt', '/dev/zero')),
    told: ['/dev/zero'],
  },
  'links to devices that are to be copied': {
    arm: inRun(link('params/z', '/dev/zero'), link('metrics/z', '/dev/zero'), link('artifacts/z.txt', '/dev/zero')),
    flags: ['--copy-links'],
    code: 3,
    told: ['params/z is not a regular file', 'metrics/z is', 'z.txt is'],
  },
  'files of 100 GB': {
    arm: inRun(
      ...['params/s', 'tags/s', 'metrics/s', 'artifacts/s.txt', 'artifacts/s.png', 'artifacts/s.pt'].map((path) =>
        sparse(path),
      ),
    ),
    code: 3,
    told: ['params/s is larger', 'tags/s is larger', 'metrics/s is larger', 'too-large'],
  },
  'a meta.yaml of 100 GB': { arm: inRun(sparse('meta.yaml')), code: 3, told: ['larger than 16 MiB'] },
  'a thousand params of 15 MB': {
    arm: inRun(...Array.from({ length: 1000 }, (_, i) => sparse(`params/p${i}`, 15_000_000))),
    code: 3,
    told: ['more than 64 MiB'],
  },
  'a metric line of 600 MB': {
    arm: inRun(sparse('metrics/line', 600_000_000)),
    code: 3,
    told: ['a line of more than 64 MiB'],
  },
};

const TREES: Record<string, Attack> = {
  'directories without end': {
    arm: inRun(deep('artifacts'), deep('metrics')),
    code: 3,
    told: [/artifacts\/(d\/)+d is 200 directories deep/, /metrics\/(d\/)+d is 200 directories deep/],
  },
  'links with millions of paths': { arm: inRun(branchingLinks), code: 3, told: ['as 16 others do'] },
  'a link to itself': { arm: inRun(link('artifacts/x', 'x')), code: 3, told: ['artifacts/x'] },
  'a directory that is a link to one above it': {
    arm: inRun(link('artifacts/up', '..')),
    code: 3,
    told: ['leads back'],
  },
};

/** What a meta.yaml may hold; where there is a number, so many NULs. */
const METAS: Record<string, string | number> = {
  'brackets in brackets': `x: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`,
  'keys of keys': `${'? '.repeat(20_000)}\n`,
  'lists in lists': `x:\n${'- '.repeat(20_000)}\n`,
  'a list of lists': `&a a: ${'\n - '.repeat(3000)}\n`,
  'an alias of itself': 'a: &a *a\n',
  '100,000 anchors': Array.from({ length: 100_000 }, (_, i) => `k${i}: &a${i} x\n`).join(''),
  'aliases of aliases': `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij']
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]\n`)
    .join('')}`,
  'megabytes of spaces': `x: ${' '.repeat(16_000_000)}y\n`,
  'megabytes in a quote that does not end': `x: 'a${' a'.repeat(3_000_000)}\n`,
  'megabytes of newlines': `x: y${'\n'.repeat(8_000_000)}\u2028\n`,
  NULs: 16_000_000,
};

/** All at once, each in a run of its own, which the report names. */
const YAML: Record<string, Attack> = {
  [`meta.yaml files of ${Object.keys(METAS).join(', ')}`]: {
    arm: (store) => {
      for (const [i, content] of Object.values(METAS).entries()) {
        const directory = store.run('1', { runId: id(`bad${i}`), name: 'hostile' });
        const harm = typeof content === 'string' ? text('meta.yaml', content) : sparse('meta.yaml', content);
        harm(directory);
      }
    },
    told: Object.keys(METAS).map((_, i) => id(`bad${i}`)),
  },
};

const VALUES: Record<string, Attack> = {
  'brackets in params and tags': {
    arm: inRun(
      ...['[', '{"a":', '(', '-', '{1:', '"a" ', 'not ', '~'].map((bracket, i) =>
        text(`params/n${i}`, bracket.repeat(100_000)),
      ),
      text('tags/mlflow.log-model.history', '['.repeat(100_000) + ']'.repeat(100_000)),
    ),
  },
  'a list of millions in a param': { arm: inRun(text('params/list', `[${'1,'.repeat(5_000_000)}1]`)) },
  'sixteen million digits in a param': { arm: inRun(text('params/digits', '1'.repeat(16_000_000))) },
  'metric lines of every wrong kind': {
    arm: inRun(
      text('metrics/digits', `1 ${'9'.repeat(400)} 1\n1 ${'1'.repeat(900_000)}x 1\n1 ${'1_'.repeat(400_000)} 1\n`),
      text('metrics/spaces', `1${' '.repeat(900_000)}x\n${' '.repeat(20_000_000)}\n`),
      text('metrics/nuls', new Uint8Array(5_000_000)),
      text('metrics/returns', '\r'.repeat(5_000_000)),
      text('metrics/words', 'x\n'.repeat(3_000_000)),
    ),
    told: ['is not a number', 'longer than any line'],
  },
  'names that SVGs, histories and globs stumble over': {
    arm: inRun(
      (directory) => mkdirSync(join(directory, 'artifacts/images')),
      text(`artifacts/images/${'%step%'.repeat(39)}`, 'x'),
      text(`artifacts/${'a'.repeat(240)}.txt`, 'x'),
      text(`artifacts/${'('.repeat(240)}.txt`, 'x'),
      text('artifacts/a.svg', `<svg ${'a="b" '.repeat(200_000)}<`),
      text('artifacts/b.svg', '<!--'.repeat(400_000)),
      text('artifacts/c.svg', `<?xml ${'<!DOCTYPE '.repeat(200_000)}${' ['.repeat(100_000)}`),
      text('artifacts/d.svg', `${' '.repeat(9_000_000)}<svg`),
      text('artifacts/e.svg', `<svg width="${'1'.repeat(500_000)}x" viewBox="${' 1'.repeat(500_000)}"`),
    ),
    flags: ['--include-artifacts', '**/*', '--include-artifacts', '*a*a*a*a*a*a*a*a*a*a*b'],
  },
  'names of prototypes': {
    arm: inRun(
      ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].flatMap((name) => [
        text(`params/${name}`, '1'),
        text(`tags/${name}`, '1'),
        text(`metrics/${name}`, '1 1 1\n'),
      ]),
      text('params/dict', '{"__proto__": {"x": 1}, "a": 1}'),
    ),
  },
  'names that a terminal obeys': {
    arm: inRun(
      text('params/\x1b[31mq', '\x1b[31m'),
      text('metrics/\x1b[2Jbad', 'zz zz\n'),
      text('artifacts/\x1b]0;title\x07.pt', '1'),
      text('tags/\x9b31mt', new Uint8Array([0xff])),
    ),
  },
};

const PLACES: Record<string, Attack> = {
  'links to files of this machine': {
    arm: inRun(
      link('artifacts/passwd.txt', '/etc/passwd'),
      link('artifacts/etc', '/etc'),
      link('params/p', '/etc/passwd'),
    ),
    told: ['--copy-links'],
    absent: ['root:x:0:0'],
  },
  'a location on this machine that is no run’s': {
    arm: (store) => void run(store, { artifactUri: 'file:///etc' }),
    code: 3,
    told: ['--allow-root'],
    absent: ['root:x:0:0'],
  },
  'a location of a million slashes': {
    arm: (store) => void run(store, { artifactUri: `s3:/${'/'.repeat(1_000_000)}x` }),
    code: 3,
    told: ['artifacts-unreachable'],
  },
};

export const ATTACKS: Readonly<Record<string, Attack>> = { ...FILES, ...TREES, ...YAML, ...VALUES, ...PLACES };
