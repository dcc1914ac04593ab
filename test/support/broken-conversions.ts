import { existsSync, rmSync } from 'node:fs';
import type { Repository } from '../../src/aim/repository.js';
import { writeIndex } from '../../src/aim/run-index.js';
import type { RunMetadata } from '../../src/aim/run-metadata.js';
import type { Ledger } from '../../src/state/ledger.js';
import type { Disturbance } from './conversions.js';

class Disturbed extends Error {}

/** Whether this is why a conversion was broken off, also where a sentence has been made of it. */
export function isDisturbed(error: unknown): boolean {
  return error instanceof Disturbed || (error instanceof Error && isDisturbed(error.cause));
}

export function fail(): never {
  throw new Disturbed('disturbed');
}

/** The same object, but for these methods. */
function replacing<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(Object.hasOwn(methods, name) ? methods : target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const withoutIndex = (repository: Repository) => async (hashes: readonly string[], finished: boolean) => {
  writeIndex(repository, hashes, finished);
  fail();
};

/** The moments at which a conversion is broken off. */
export const MOMENTS: Readonly<Record<string, (repository: Repository) => Disturbance>> = {
  'while data is brought to disk': () => ({
    built: ({ staged }) => {
      if (staged?.files !== undefined) rmSync(staged.files.seqs, { recursive: true, force: true });
    },
  }),
  'between the two databases of a run': (repository) => {
    const waiting = new Map<string, string>();
    return {
      built: ({ staged }) => {
        if (staged?.files !== undefined && existsSync(staged.files.seqs)) waiting.set(staged.hash, staged.files.seqs);
      },
      repository: replacing<Repository>(repository, {
        meta: (hash) => {
          const points = waiting.get(hash);
          if (points !== undefined && !existsSync(points)) fail(); // they have been moved to their place
          return repository.meta(hash);
        },
      }),
    };
  },
  'before the index': () => ({ writeIndex: async () => fail() }),
  'after the index': (repository) => ({ writeIndex: withoutIndex(repository) }),
  'before the rows': () => ({ metadata: (metadata) => replacing<RunMetadata>(metadata, { transaction: fail }) }),
  'within the rows': () => ({
    metadata: (metadata) =>
      replacing<RunMetadata>(metadata, {
        transaction: (work) =>
          metadata.transaction(() => {
            work();
            fail();
          }),
      }),
  }),
  'after the rows': () => ({
    metadata: (metadata) =>
      replacing<RunMetadata>(metadata, {
        transaction: (work) => {
          metadata.transaction(work);
          fail();
        },
      }),
  }),
  'before the ledger': () => ({ ledger: (ledger) => replacing<Ledger>(ledger, { write: fail }) }),
  'after the ledger': () => ({
    ledger: (ledger) =>
      replacing<Ledger>(ledger, {
        write: (entries) => {
          ledger.write(entries);
          fail();
        },
      }),
  }),
};
