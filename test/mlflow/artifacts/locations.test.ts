import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rangeOf } from '../../../src/mlflow/artifacts/content-range.js';
import { proxiedPath } from '../../../src/mlflow/artifacts/proxied-path.js';
import { azureLocation } from '../../../src/mlflow/locations/azure-location.js';
import { gcsLocation } from '../../../src/mlflow/locations/gcs-location.js';
import { b2Location, r2Location, s3Location } from '../../../src/mlflow/locations/s3-location.js';

describe('s3:', () => {
  test.each([
    ['s3://bucket/a/b', 'bucket', 'a/b'],
    ['s3://bucket', 'bucket', ''],
    ['s3://bucket/', 'bucket', ''],
    ['S3://my.bucket/a b/100%/ü', 'my.bucket', 'a b/100%/ü'],
    ['s3://bucket/a?x=1#y', 'bucket', 'a'],
  ])('%s', (uri, bucket, path) => {
    expect(s3Location(uri)).toEqual({ bucket, path, base: `s3://${bucket}/` });
  });

  test('credentials do not belong to it', () => {
    expect(s3Location('s3://key:secret@bucket/a')).toEqual({ bucket: 'bucket', path: 'a', base: 's3://bucket/' });
  });

  test.each(['s3:', 's3://', 's3:///a', 's3:/bucket/a'])('%s names no bucket', (uri) => {
    expect(s3Location(uri)).toBeUndefined();
  });
});

describe('stores that speak like S3', () => {
  test('r2: as MLflow writes it', () => {
    expect(r2Location('r2://models@abc123.r2.cloudflarestorage.com/x/y')).toEqual({
      bucket: 'models',
      path: 'x/y',
      endpoint: 'https://abc123.r2.cloudflarestorage.com',
      region: 'auto',
      addressing: 'virtual',
      base: 'r2://models@abc123.r2.cloudflarestorage.com/',
    });
  });

  test('b2: as MLflow writes it', () => {
    expect(b2Location('b2://models@s3.us-west-004.backblazeb2.com/x')).toMatchObject({
      bucket: 'models',
      endpoint: 'https://s3.us-west-004.backblazeb2.com',
      region: 'us-west-004',
      addressing: 'path',
    });
  });

  test.each([
    'r2://models@evil.example/x',
    'r2://models@r2.cloudflarestorage.com.evil.example/x',
    'r2://models/x',
    'b2://models@s3.us-west-004.backblazeb2.com.evil.example/x',
    'b2://user:secret@s3.us-west-004.backblazeb2.com/x',
  ])('no token is sent to %s', (uri) => {
    expect(r2Location(uri)).toBeUndefined();
    expect(b2Location(uri)).toBeUndefined();
  });
});

test('gs:', () => {
  expect(gcsLocation('gs://bucket/a/b')).toEqual({ bucket: 'bucket', path: 'a/b', base: 'gs://bucket/' });
  expect(gcsLocation('gs:///a')).toBeUndefined();
});

describe('Azure', () => {
  test.each([
    ['wasbs://c@acc.blob.core.windows.net/a%20b', 'wasbs', 'https://acc.blob.core.windows.net', 'a%20b'],
    ['wasb://c@acc.blob.core.chinacloudapi.cn/a', 'wasbs', 'https://acc.blob.core.chinacloudapi.cn', 'a'],
    ['abfss://c@acc.dfs.core.windows.net/a%20b', 'abfss', 'https://acc.blob.core.windows.net', 'a b'],
    ['abfs://c@acc.dfs.core.usgovcloudapi.net', 'abfss', 'https://acc.blob.core.usgovcloudapi.net', ''],
    ['abfss://c@acc.z01.dfs.storage.azure.net/a', 'abfss', 'https://acc.z01.blob.storage.azure.net', 'a'],
  ])('%s', (uri, kind, url, path) => {
    const base = uri.slice(0, uri.indexOf('/', uri.indexOf('@')) + 1 || undefined).replace(/\/?$/, '/');
    expect(azureLocation(uri)).toEqual({ kind, container: 'c', account: 'acc', url, path, base });
  });

  test.each([
    'wasbs://c@acc.blob.core.windows.net.evil.example/a',
    'abfss://c@evil.example/a',
    'abfss://c@acc.dfs.evil.example/core.windows.net',
    'wasbs://c@core.windows.net/a',
    'wasbs://acc.blob.core.windows.net/a',
    'wasbs://user:secret@acc.blob.core.windows.net/a',
  ])('no token is sent to %s', (uri) => {
    expect(azureLocation(uri)).toBeUndefined();
  });
});

describe('what a server proxies', () => {
  test.each([
    ['mlflow-artifacts:/1/r/artifacts', '1/r/artifacts'],
    ['mlflow-artifacts:1/r/artifacts', '1/r/artifacts'],
    ['mlflow-artifacts://host:5000/1/r/artifacts', '1/r/artifacts'],
    ['mlflow-artifacts://user:secret@host/1/a%20b/', '1/a b'],
    ['mlflow-artifacts:/api/2.0/mlflow-artifacts/artifacts/1/r', '1/r'],
    ['http://host:5000/api/2.0/mlflow-artifacts/artifacts/1/r', '1/r'],
    ['https://host/prefix/api/2.0/mlflow-artifacts/artifacts/1/r?x#y', '1/r'],
    ['http://host/files/1/r', undefined],
    ['s3://bucket/1', undefined],
    ['mlflow-artifacts:/1/../../etc', undefined],
    ['mlflow-artifacts:/1/%2e%2e/%2E%2E/etc', undefined],
    ['mlflow-artifacts:/1/..\\..\\etc', undefined],
  ])('%s', (uri, path) => {
    expect(proxiedPath(uri)).toBe(path);
  });

  test('never leads outside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', '%2e', '%2F', '%5c', 'a', '?', '#') }), (rest) => {
        const path = proxiedPath(`mlflow-artifacts:/${rest}`) ?? '';
        expect(path.split(/[/\\]/)).not.toContain('..');
      }),
    );
  });
});

test('ranges', () => {
  expect(rangeOf('bytes 5-9/10', 5)).toEqual({ start: 5, total: 10 });
  expect(rangeOf('bytes 5-9/*', 5)).toEqual({ start: 5 });
  expect(rangeOf(undefined, 7)).toEqual({ start: 0, total: 7 });
  expect(rangeOf('nonsense', undefined)).toEqual({ start: 0 });
});
