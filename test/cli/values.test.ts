import { describe, expect, test } from '@jest/globals';
import {
  parseDuration,
  parseInteger,
  parseInterval,
  parseListen,
  parseRate,
  parseSize,
  parseText,
} from '../../src/cli/options/values.js';

describe('values of flags', () => {
  test.each([
    ['24h', 86_400_000],
    ['90m', 5_400_000],
    ['30s', 30_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['250ms', 250],
    ['1.5 H', 5_400_000],
    ['0', Number.POSITIVE_INFINITY],
    ['0h', Number.POSITIVE_INFINITY],
    ['never', Number.POSITIVE_INFINITY],
  ])('duration %p', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  test.each(['', '24', 'h', '-1h', '1h30m', '1y', 'constructor', '1constructor', '1e3s', '1__proto__'])(
    'no duration: %p',
    (text) => expect(() => parseDuration(text)).toThrow(/such as 24h/),
  );

  test.each([
    ['20', 20],
    ['0.5', 0.5],
  ])('rate %p', (text, value) => expect(parseRate(text)).toBe(value));

  test.each(['', '0', '-1', '1/s', '1e3'])('no rate: %p', (text) => expect(() => parseRate(text)).toThrow(/above 0/));

  test.each([
    ['0', 0],
    ['4096', 4096],
    ['100MB', 100_000_000],
    ['100 mb', 100_000_000],
    ['1.5kB', 1500],
    ['1GiB', 2 ** 30],
    ['10M', 10_000_000],
    ['2TiB', 2 ** 41],
    ['7B', 7],
  ])('size %p', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'MB', '-1', '1.2.3', '10 apples', '99999999TB', 'Infinity'])('no size: %p', (text) =>
    expect(() => parseSize(text)).toThrow(/such as 100MB/),
  );

  test.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    [':0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
  ])('address %p', (text, address) => expect(parseListen(text)).toEqual(address));

  test.each(['', 'localhost', '::1:9464', '127.0.0.1:65536', 'a:b:1', ':-1'])('no address: %p', (text) =>
    expect(() => parseListen(text)).toThrow(/such as 127\.0\.0\.1:9464/),
  );

  test('intervals are neither too short nor endless', () => {
    expect(['100ms', '10s', '1.5m', '7d'].map(parseInterval)).toEqual([100, 10_000, 90_000, 604_800_000]);
    for (const text of ['0', 'never', '99ms', '8d', '']) expect(() => parseInterval(text)).toThrow(/from 100ms to 7d/);
  });

  test('integers have bounds', () => {
    const parse = parseInteger(1, 10);
    expect(['1', '10', '007'].map(parse)).toEqual([1, 10, 7]);
    for (const text of ['0', '11', '1.5', '-1', '', 'x', '1e1']) {
      expect(() => parse(text)).toThrow('Expected an integer from 1 to 10.');
    }
  });

  test('text is not empty', () => {
    expect(parseText(' a ')).toBe(' a ');
    expect(() => parseText(' ')).toThrow(/not empty/);
  });
});
