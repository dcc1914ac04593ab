import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Who asks for the time of day, which may be set back at any moment, and why nothing waits because of that. */
const TIME_OF_DAY: Readonly<Record<string, string>> = {
  'cli/selection.ts': 'people say how long ago (--since 30d)',
  'selection/run-search.ts': 'people say how long ago (--since 30d)',
  'cli/status-command.ts': 'people read how long ago something was',
  'mlflow/file/file-cursor.ts': 'compared with the times of files',
  'mlflow/file/key-files.ts': 'compared with the times of files',
  'mlflow/file/models-by-run.ts': 'compared with the times of files',
  'mlflow/file/revision.ts': 'compared with the times of files',
  'mlflow/http/retry.ts': 'a server may give the time of day at which it is to be asked again',
  'conversion/conversion.ts': 'runs become stale at a time of day (--stale-after)',
  'plan/look.ts': 'runs become stale at a time of day (--stale-after)',
  'verify/session/verification.ts': 'runs become stale at a time of day (--stale-after)',
  'state/accepted-missing.ts': 'kept for people',
  'state/sync-journal.ts': 'kept for people',
  'report/file/report-file.ts': 'people read when it was',
  'report/verify/verify-files.ts': 'people read when it was',
  'report/printer.ts': 'people read when it was',
  'aim/repository-lock.ts': 'people read since when it is held',
};

test('the time of day is for people and for comparing, never for waiting', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.filter((file) => {
    const code = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    return /\bDate\.now\b|\bnew Date\(\)/.test(code);
  });
  expect(found.sort()).toEqual(Object.keys(TIME_OF_DAY).sort());
});
