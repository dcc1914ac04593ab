import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { authorization } from '../../../src/mlflow/http/credentials.js';
import { parseServerUri } from '../../../src/mlflow/http/server-uri.js';
import { temporaryDirectory } from '../../support/temporary.js';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const NOWHERE = join('/', 'no', 'such', 'file');

function file(text: string): string {
  const path = join(temporaryDirectory(), 'credentials');
  writeFileSync(path, text);
  return path;
}

describe('credentials', () => {
  const env = { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 'pä:ss', MLFLOW_TRACKING_TOKEN: 'tok' };

  test('in the URI come first, then those of the environment, then the token', () => {
    const { userPassword } = parseServerUri('https://u%40x:p%2F%3A@h/');
    expect(authorization(userPassword, env, NOWHERE)).toBe(basic('u@x:p/:'));
    expect(authorization(undefined, env, NOWHERE)).toBe(basic('ann:pä:ss'));
    expect(authorization(undefined, { MLFLOW_TRACKING_TOKEN: 'tok' }, NOWHERE)).toBe('Bearer tok');
    expect(authorization(undefined, {}, NOWHERE)).toBeUndefined();
  });

  test('in the file fill what the environment lacks', () => {
    const path = file(
      '# mine\n[other]\nmlflow_tracking_username = no\n[mlflow]\nMLFLOW_TRACKING_USERNAME = bob\nmlflow_tracking_password: a=b%%c \n',
    );
    expect(authorization(undefined, {}, path)).toBe(basic('bob:a=b%c'));
    expect(authorization(undefined, { MLFLOW_TRACKING_USERNAME: 'ann' }, path)).toBe(basic('ann:a=b%c'));
  });
});

test.each([
  ['http://h:5000', 'http://h:5000', ''],
  ['http://u:p@h:5000/', 'http://h:5000', ''],
  ['https://u@h/a/b//', 'https://h/a/b', '/a/b'],
])('%s is shown as %s', (uri, shown, prefix) => {
  expect(parseServerUri(uri)).toMatchObject({ shown, prefix });
});

test('a URI that is none is not repeated', () => {
  expect(() => parseServerUri('http://u:secret@h:port')).toThrow(/^(?!.*secret).*not a valid URL/);
});
