import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConvertError } from '../../../src/errors.js';
import { type DatabaseAddress, parseDatabaseUri, type ServerAddress } from '../../../src/mlflow/sql/database-uri.js';

const server = (uri: string): ServerAddress => {
  const address = parseDatabaseUri(uri, uri.startsWith('mysql') ? 'mysql' : 'postgresql');
  if (address.dialect === 'sqlite') throw new Error('is a file');
  return address;
};
const sentence = (uri: string, dialect: DatabaseAddress['dialect'] = 'postgresql'): string => {
  try {
    parseDatabaseUri(uri, dialect);
  } catch (cause) {
    if (cause instanceof ConvertError && cause.kind === 'fatal') return cause.sentence;
    throw cause;
  }
  throw new Error(`${uri} was understood`);
};

describe('servers', () => {
  test.each([
    ['postgresql://u%40x:p%40w+1@h:5/d%20b', { user: 'u@x', password: 'p@w+1', host: 'h', port: 5, database: 'd b' }],
    ['postgresql://u:p/w@h/db', { user: 'u', password: 'p/w', host: 'h', database: 'db' }],
    ['postgresql://u:a:b@h/db', { user: 'u', password: 'a:b', host: 'h', database: 'db' }],
    ['mysql+pymysql://root@[::1]:3306/db', { user: 'root', host: '::1', port: 3306, database: 'db' }],
    ['postgresql+psycopg2://u@/db', { user: 'u', database: 'db' }],
    ['postgresql:///db', { database: 'db' }],
    ['mysql://h', { host: 'h' }],
    ['postgresql://:p@h/d', { password: 'p', host: 'h', database: 'd' }],
  ])('%s', (uri, expected) => {
    const { dialect: _dialect, query: _query, uri: _uri, ...parts } = server(uri);
    expect(parts).toEqual(expected);
  });

  test('parameters are decoded, and may come more than once', () => {
    const { query } = server('postgresql:///db?host=%2Fa%20b&host=c&x=a+b&sslmode=require&flag');
    expect(Object.fromEntries(query)).toEqual({ host: ['/a b', 'c'], x: ['a b'], sslmode: ['require'], flag: [''] });
  });

  test('the uri that is shown has neither user nor password nor parameters', () => {
    expect(server('mysql+pymysql://u:secret@h:3306/db?ssl_key=secret').uri).toBe('mysql+pymysql://h:3306/db');
    expect(server('postgresql://u:se/cret@[::1]/db').uri).toBe('postgresql://[::1]/db');
  });

  test.each(['postgresql://u:se@cret@h/db', 'postgresql://u:secret@h:secret/db', 'postgresql:secret'])(
    '%s is refused without a word of it',
    (uri) => expect(sentence(uri)).not.toMatch(/cret/),
  );

  test('whatever the password, it is understood when encoded, and never shown', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 12, maxLength: 30 })
      .filter((text) => !/\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(word, word, (user, password) => {
        const address = server(
          `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host:1/db?x=1`,
        );
        expect(address).toMatchObject({ user, password, host: 'host', port: 1, uri: 'postgresql://host:1/db' });
      }),
    );
  });

  test('whatever stands before the host, no sentence and no shown uri holds a raw password', () => {
    const raw = fc.string({ unit: 'binary-ascii', minLength: 6, maxLength: 20 }).map((text) => `S3cr${text}eT`);
    fc.assert(
      fc.property(raw, (password) => {
        const uri = `postgresql://user:${password}@host/db`;
        let shown: string;
        try {
          shown = server(uri).uri;
        } catch (cause) {
          shown = (cause as ConvertError).sentence;
        }
        expect(shown).not.toContain('S3cr');
      }),
    );
  });
});

test.each(['0', '65536', '99999'])('port %s is none', (port) => {
  expect(sentence(`postgresql://u:secret@h:${port}/db`, 'postgresql')).toMatch(/from 1 to 65535\.$/);
});

describe('SQLite files', () => {
  test.each([
    ['sqlite:///rel.db', [resolve('rel.db')]],
    ['sqlite:////abs/x.db', ['/abs/x.db']],
    ['sqlite:////abs/a%20b.db?timeout=5', ['/abs/a%20b.db', '/abs/a b.db']],
    ['sqlite:///file:/abs.db?mode=ro&uri=true', ['/abs.db']],
    ['sqlite:///file:///abs/a%20b.db?uri=true', ['/abs/a b.db']],
    ['sqlite+pysqlite:////abs/x.db', ['/abs/x.db']],
  ])('%s', (uri, paths) => {
    expect(parseDatabaseUri(uri, 'sqlite')).toEqual({ dialect: 'sqlite', paths, immutable: false });
  });

  test('immutable=1 is for media that nobody writes to', () => {
    expect(parseDatabaseUri('sqlite:///file:/x.db?immutable=1&uri=true', 'sqlite')).toMatchObject({ immutable: true });
  });

  test.each(['sqlite://', 'sqlite:///:memory:', 'sqlite:///file:x?mode=memory&uri=true'])('%s is refused', (uri) => {
    expect(sentence(uri, 'sqlite')).toContain('in memory');
  });

  test('with two slashes before the path are told of the third', () => {
    expect(sentence('sqlite://mlflow.db', 'sqlite')).toContain('three slashes');
  });
});
