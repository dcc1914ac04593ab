import { describe, expect, test } from '@jest/globals';
import { displayedUri } from '../../../src/mlflow/locations/displayed-uri.js';
import { uriScheme, uriTarget } from '../../../src/mlflow/locations/file-uri.js';

describe('uriScheme', () => {
  test.each([
    ['/data/mlruns', undefined],
    ['mlruns', undefined],
    ['./a:b', undefined],
    ['C:\\mlruns', undefined],
    ['c:/mlruns', undefined],
    ['FILE:///x', 'file'],
    ['s3://bucket/x', 's3'],
    ['postgresql+psycopg2://u:p@h/db', 'postgresql+psycopg2'],
  ])('%s', (uri, scheme) => {
    expect(uriScheme(uri)).toBe(scheme);
  });
});

describe('uriTarget', () => {
  const on = (platform: NodeJS.Platform) => (uri: string) => {
    const target = uriTarget(uri, platform);
    return target.kind === 'local'
      ? target.paths
      : target.kind === 'remote'
        ? `remote ${target.scheme}`
        : target.reason;
  };

  test.each([
    ['/data/ml runs', ['/data/ml runs']],
    ['./mlruns', ['./mlruns']],
    // MLflow decodes plain paths as well, and a directory may really be called so
    ['/data/my%20runs', ['/data/my%20runs', '/data/my runs']],
    ['/data/100%', ['/data/100%']],
    ['/data/%C3%BC%ff', ['/data/%C3%BC%ff']],
    ['file:/data/x', ['/data/x']],
    ['file:///data/my%20runs', ['/data/my runs']],
    ['file://localhost/data', ['/data']],
    ['file:mlruns', ['mlruns']],
    // MLflow takes the path of the URI; other tools leave such characters in a name as they are
    ['file:///data/x?a=b', ['/data/x', '/data/x?a=b']],
    ['file:///data/x#1', ['/data/x', '/data/x#1']],
    ['file:///data/x%231', ['/data/x#1']],
    ['/data/x?a#b', ['/data/x?a#b']],
    ['C:\\mlruns', 'is a Windows path'],
    ['file:///C:/mlruns', 'is a Windows path'],
    ['file:///C%3A/mlruns', 'is a Windows path'],
    ['file:C:\\mlruns', 'is a Windows path'],
    ['file://C:\\mlruns', 'is a Windows path'],
    ['\\\\server\\share\\mlruns', 'is a Windows path'],
    ['file://server/share', 'names the machine server'],
    ['s3://bucket/key', 'remote s3'],
    ['mlflow-artifacts:/1/x/artifacts', 'remote mlflow-artifacts'],
  ])('on Linux: %s', (uri, expected) => {
    expect(on('linux')(uri)).toEqual(expected);
  });

  test.each([
    ['C:\\mlruns', ['C:\\mlruns']],
    ['file:///C:/my%20runs', ['C:/my runs']],
    ['\\\\server\\share', ['\\\\server\\share']],
    ['file://server/share/x', ['\\\\server\\share\\x']],
  ])('on Windows: %s', (uri, expected) => {
    expect(on('win32')(uri)).toEqual(expected);
  });
});

test.each([
  ['s3://key:secret@bucket/x?token=1', 's3://bucket/x'],
  ['wasbs://container@account.blob.core/x', 'wasbs://account.blob.core/x'],
  ['sftp://user:p@ss@host/x', 'sftp://host/x'],
  ['/plain/path?#x', '/plain/path?#x'],
  ['file:///a?b#c', 'file:///a?b#c'],
])('withoutCredentials: %s', (uri, expected) => {
  expect(displayedUri(uri)).toBe(expected);
});
