import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { collect, never } from '../contract/tracking-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { unprivileged } from '../support/unprivileged.js';

const RUN = 'a'.repeat(32);

let builder: FileStoreBuilder;
beforeEach(() => {
  builder = new FileStoreBuilder();
  builder.run('1', { runId: RUN });
});
afterEach(() => builder.remove());

function failure(uri: string): ConvertError {
  try {
    openStore(uri);
  } catch (cause) {
    if (cause instanceof ConvertError) {
      expect(cause.kind).toBe('fatal');
      expect(cause.sentence).toMatch(/[.…]$|sqlite:/);
      return cause;
    }
    throw cause;
  }
  throw new Error(`${uri} was opened.`);
}

describe('a file store is opened', () => {
  test.each([
    ['an absolute path', (root: string) => root],
    ['a relative path', (root: string) => relative('.', root)],
    ['a path with a slash at its end', (root: string) => `${root}/`],
    ['a file: URI', (root: string) => pathToFileURL(root).href],
    ['file: and a path', (root: string) => `file:${root}`],
  ])('by %s', async (_, toUri) => {
    const store = openStore(toUri(builder.root));
    expect(store.uri).toBe(builder.root);
    expect(await collect(store.experiments(never()))).toMatchObject([{ id: '1' }]);
  });

  test('whose path holds spaces, percent signs and colons', () => {
    const odd = join(builder.parent, 'my 100%25 runs: old');
    renameSync(builder.root, odd);
    expect(openStore(odd).uri).toBe(odd);
    expect(openStore(pathToFileURL(odd).href).uri).toBe(odd);
  });

  test('with nothing but deleted experiments', () => {
    mkdirSync(join(builder.root, '.trash'));
    renameSync(join(builder.root, '1'), join(builder.root, '.trash', '1'));
    expect(openStore(builder.root).uri).toBe(builder.root);
  });

  test('again by its own uri', () => {
    expect(openStore(openStore(builder.root).uri).uri).toBe(builder.root);
  });
});

test('a directory may be called as an address', () => {
  const before = process.cwd();
  process.chdir(builder.parent);
  try {
    renameSync(builder.root, '127.0.0.1:5000');
    expect(openStore('127.0.0.1:5000').uri).toBe(join(process.cwd(), '127.0.0.1:5000'));
  } finally {
    process.chdir(before);
  }
});

describe('what is no file store is told apart', () => {
  test('a path that does not exist', () => {
    const missing = join(builder.parent, 'missing');
    expect(failure(missing)).toMatchObject({
      message: `${missing} does not exist.`,
      hint: expect.stringContaining('Check the path'),
    });
  });

  test('a file: URI that leads nowhere, by its path', () => {
    const missing = join(builder.parent, 'missing');
    expect(failure(pathToFileURL(missing).href).message).toBe(`${missing} does not exist.`);
  });

  test('one without permission', () =>
    unprivileged([builder.parent, builder.root], async () => {
      chmodSync(builder.root, 0);
      expect(failure(builder.root).message).toContain('permission denied');
    }));

  test('a file, and a SQLite database', () => {
    const file = join(builder.parent, 'file');
    writeFileSync(file, 'x');
    expect(failure(file).message).toBe(`${file} is a file, not a directory.`);
    writeFileSync(file, 'SQLite format 3\0...');
    expect(failure(file).hint).toContain(`sqlite:///${file}`);
  });

  test('the directory that holds the store', () => {
    mkdirSync(join(builder.parent, 'data'));
    expect(failure(builder.parent)).toMatchObject({
      message: expect.stringContaining('contains no MLflow experiment'),
      hint: `${builder.root} looks like the store; use that.`,
    });
  });

  test('an experiment, a deleted experiment, a run', () => {
    builder.experiment({ id: '2', trashed: true });
    for (const path of ['1', '.trash/2', `1/${RUN}`]) {
      expect(failure(join(builder.root, path)).hint).toBe(`${builder.root} looks like the store; use that.`);
    }
  });

  test('an empty directory', () => {
    rmSync(join(builder.root, '1'), { recursive: true });
    expect(failure(builder.root)).toMatchObject({ hint: expect.stringContaining('mlruns') });
  });

  test('the artifacts of a database', () => {
    rmSync(join(builder.root, '1', 'meta.yaml'));
    rmSync(join(builder.root, '1', RUN), { recursive: true });
    mkdirSync(join(builder.root, '1', RUN, 'artifacts'), { recursive: true });
    const database = join(builder.parent, 'mlflow.db');
    writeFileSync(database, 'SQLite format 3\0...');
    expect(failure(builder.root).hint).toContain(`sqlite:///${database}`);
    expect(failure(builder.parent).hint).toContain(`sqlite:///${database}`);
  });
});

describe('other tracking URIs', () => {
  test.each([
    ['mssql+pyodbc://u:secret@h/db', 'SQL Server'],
    ['databricks', 'Databricks'],
    ['databricks://secret', 'Databricks'],
    ['uc:secret', 'Databricks'],
    ['azureml://eastus.api.azureml.ms/mlflow/v1.0/subscriptions/secret', 'Azure Machine Learning'],
    ['arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/secret', 'Amazon SageMaker'],
    ['arn:aws-us-gov:sagemaker:us-gov-west-1:1:mlflow-tracking-server/secret', 'Amazon SageMaker'],
  ])('%s is known and refused', (uri, what) => {
    const { sentence } = failure(uri);
    expect(sentence).toContain(what);
    expect(sentence).not.toContain('secret');
  });

  test.each(['http://user:secret@host:5000', 'https://user:secret@host:5000/'])('%s is a server', async (uri) => {
    const store = openStore(uri);
    expect(store.uri).toBe(uri.replace('user:secret@', '').replace(/\/$/, ''));
    await store.close();
  });

  test.each(['postgresql+psycopg2://u:secret@h:1/db', 'mysql+pymysql://u:secret@h/db'])(
    '%s is a database',
    async (uri) => {
      const store = openStore(uri);
      expect(store.uri).toBe(uri.replace('u:secret@', ''));
      await store.close();
    },
  );

  test.each([
    ['postgres://u:secret@h/db', 'Use postgresql:'],
    ['postgre://u:secret@h/db', 'Use postgresql:'],
    ['postgres+psycopg2://u:secret@h/db', 'Use postgresql:'],
    ['mariadb://u:secret@h/db', 'Use mysql:'],
    ['sqlite3:///x.db', 'Use sqlite:'],
    ['runs:/secret/model', 'names artifacts or models'],
    ['ftp://u:secret@h/x', 'postgresql:'],
    ['constructor:x', './constructor:…'],
    ['localhost:5000', 'Use http://localhost:5000, or https://localhost:5000'],
    ['127.0.0.1:5000', 'Use http://127.0.0.1:5000, or https://127.0.0.1:5000'],
    ['[::1]:5000/', 'Use http://[::1]:5000/'],
    ['10.0.0.7', 'Use http://10.0.0.7'],
    ['mlflow.example.org:5000/prefix', 'http://mlflow.example.org:5000/prefix'],
  ])('%s is not read, and it is said what to use', (uri, hint) => {
    const { sentence } = failure(uri);
    expect(sentence).toContain(hint);
    expect(sentence).not.toContain('mssql');
    expect(sentence).not.toContain('secret');
  });

  test.each(['', '  '])('%j is none', (uri) => {
    expect(failure(uri).message).toBe('No tracking URI was given.');
  });

  test.each(['C:\\mlruns', 'file:///C:/mlruns', 'file://server/mlruns'])('%s is of another machine', (uri) => {
    if (process.platform === 'win32') return;
    expect(failure(uri).hint).toContain('as this machine sees it');
  });
});
