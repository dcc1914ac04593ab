import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConvertError, type ErrorKind, errorCode, isAbort, toConvertError } from '../src/errors.js';

const systemError = (code: string) => Object.assign(new Error(`${code}: something, open '/x'`), { code });

describe('an error in one line', () => {
  test('is message, place and hint', () => {
    expect(new ConvertError('fatal', 'unexpected', 'It broke.').sentence).toBe('It broke.');
    expect(new ConvertError('fatal', 'unexpected', 'It broke.', { where: '/x' }).sentence).toBe('It broke. (/x)');
    expect(new ConvertError('fatal', 'unexpected', 'It broke.', { hint: 'Mend it.' }).sentence).toBe(
      'It broke. Mend it.',
    );
    expect(new ConvertError('fatal', 'unexpected', 'It broke.', { where: '/x', hint: 'Mend it.' }).sentence).toBe(
      'It broke. (/x) Mend it.',
    );
  });

  test('does not name its place twice', () => {
    expect(new ConvertError('fatal', 'unexpected', '/x broke.', { where: '/x' }).sentence).toBe('/x broke.');
  });

  test('is an Error with its cause', () => {
    const cause = new Error('why');
    const error = new ConvertError('skip-run', 'unexpected', 'It broke.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'ConvertError', kind: 'skip-run', cause, where: undefined, hint: undefined });
  });
});

describe('what the system says', () => {
  test.each<[string, ErrorKind, string]>([
    ['ENOENT', 'skip-item', '/x does not exist.'],
    ['ENOTDIR', 'skip-item', '/x is not a directory.'],
    ['EISDIR', 'skip-item', '/x is a directory, but should be a file.'],
    ['EACCES', 'skip-item', '/x cannot be accessed: permission denied. Give this user access to it and run again.'],
    ['EPERM', 'skip-item', '/x cannot be changed: permission denied. Give this user access to it and run again.'],
    ['EIO', 'skip-item', '/x could not be read or written: input/output error.'],
    ['ELOOP', 'skip-item', '/x is a symbolic link that leads to itself.'],
    ['ENAMETOOLONG', 'skip-item', '/x has a name that is too long.'],
    ['EBUSY', 'skip-item', '/x is in use.'],
    ['EROFS', 'fatal', '/x is on a read-only file system. Mount it writable, or choose another place.'],
    ['ENOSPC', 'fatal', '/x could not be written: no space left. Free some space and run again.'],
    ['EDQUOT', 'fatal', '/x could not be written: disk quota exceeded. Free some space and run again.'],
    ['EMFILE', 'fatal', '/x could not be opened: too many open files. Lower --concurrency or raise ulimit -n.'],
    ['ENFILE', 'fatal', '/x could not be opened: too many open files in the system.'],
  ])('%s is told as a sentence about the file', (code, kind, sentence) => {
    const cause = systemError(code);
    const error = toConvertError(cause, 'skip-run', '/x');
    expect(error).toMatchObject({ kind, sentence, where: '/x', cause });
  });

  test.each([
    ['EACCES', 'scandir', '/x cannot be read: permission denied.'],
    ['EACCES', 'mkdir', '/x cannot be created: permission denied.'],
    ['EACCES', 'open', '/x cannot be opened: permission denied.'],
    ['EPERM', 'unlink', '/x cannot be removed: permission denied.'],
    ['EIO', 'write', '/x could not be written: input/output error.'],
    ['EIO', 'constructor', '/x could not be read or written: input/output error.'],
  ])('%s of %s says what was attempted', (code, syscall, message) => {
    expect(toConvertError(Object.assign(systemError(code), { syscall }), 'fatal', '/x').message).toBe(message);
  });

  test('in other words keeps them, and the kind that the caller gives it', () => {
    const error = toConvertError(systemError('EXDEV'), 'skip-run', '/x');
    expect(error).toMatchObject({ kind: 'skip-run', message: "EXDEV: something, open '/x'.", where: '/x' });
  });
});

describe('anything thrown', () => {
  test('that is ours passes unchanged', () => {
    const error = new ConvertError('not-a-run', 'unexpected', 'None.');
    expect(toConvertError(error, 'fatal', '/x')).toBe(error);
  });

  test('becomes an error whose message is a sentence', () => {
    expect(toConvertError(new TypeError('x is not a function'), 'skip-item', '/x')).toMatchObject({
      kind: 'skip-item',
      sentence: 'x is not a function. (/x)',
    });
    expect(toConvertError(new Error('Ends so.'), 'fatal', '/x').message).toBe('Ends so.');
    expect(toConvertError('text', 'fatal', '/x').message).toBe('text.');
    expect(toConvertError(undefined, 'fatal', '/x').message).toBe('undefined.');
  });

  test('becomes an error, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), (thrown) => {
        const error = toConvertError(
          Object(thrown) === thrown ? JSON.stringify(String(typeof thrown)) : thrown,
          'fatal',
          '/x',
        );
        expect(error).toBeInstanceOf(ConvertError);
        expect(error.message).toMatch(/\.$/);
      }),
    );
  });
});

test('the code of an error is one that is a text', () => {
  expect(errorCode(systemError('ENOENT'))).toBe('ENOENT');
  expect(errorCode({ code: 'X' })).toBe('X');
  for (const other of [undefined, null, 'ENOENT', 7, new Error('x'), { code: 5 }, new DOMException('x')]) {
    expect(errorCode(other)).toBeUndefined();
  }
});

test('an abort is known by its name or its code', () => {
  expect(isAbort(Object.assign(new Error('Interrupted.'), { name: 'AbortError' }))).toBe(true);
  expect(isAbort(Object.assign(new Error('x'), { code: 'ABORT_ERR' }))).toBe(true);
  expect(isAbort(new Error('x'))).toBe(false);
  expect(isAbort('AbortError')).toBe(false);
  expect(isAbort(undefined)).toBe(false);
});
