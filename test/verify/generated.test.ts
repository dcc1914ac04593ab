import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_MAPPING } from '../../src/policies.js';
import { generatedRun, writeGeneratedStore } from '../interop/generated-store.js';
import { temporaryDirectory } from '../support/temporary.js';
import { converted, verdicts, wrong } from './verifying.js';

test.each(['auto', 'last', 'split', 'index'] as const)(
  'of whatever a file store can hold no difference is invented, with --repeated-steps %s',
  async (repeatedSteps) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(generatedRun, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (given, rawParams) => {
          const runs = given.map((run, i) => ({ ...run, id: i.toString(16).padStart(32, '0') }));
          const root = join(temporaryDirectory(), 'mlruns');
          await writeGeneratedStore(root, runs);
          const repository = await converted(root, undefined, {
            mapping: { ...DEFAULT_MAPPING, repeatedSteps, rawParams },
          });
          const found = await verdicts(root, repository);
          expect(wrong(found.values())).toEqual([]);
          expect([...found.values()].filter(({ differenceCount }) => differenceCount > 0)).toEqual([]);
          expect(found.size).toBe(runs.length);
        },
      ),
      { numRuns: 4 },
    );
  },
);
