import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { defaultTrackingUri } from '../../src/mlflow/default-store.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A working directory with these files in it. */
function directoryWith(...files: string[]): string {
  const directory = temporaryDirectory();
  for (const file of files) {
    mkdirSync(join(directory, file, '..'), { recursive: true });
    writeFileSync(join(directory, file), '');
  }
  return directory;
}

test.each([
  ['a file store', ['mlruns/0/meta.yaml'], './mlruns'],
  ['a file store beside a database', ['mlruns/415238964142325618/meta.yaml', 'mlflow.db'], './mlruns'],
  ['a database and its artifacts', ['mlruns/1/0af5/artifacts/a.txt', 'mlflow.db'], 'sqlite:///mlflow.db'],
  ['a database alone', ['mlflow.db'], 'sqlite:///mlflow.db'],
  ['a directory of another kind', ['mlruns/notes.txt'], './mlruns'],
  ['nothing', ['train.py'], undefined],
])('%s', (_name, files, expected) => {
  expect(defaultTrackingUri(directoryWith(...files))).toBe(expected);
});
