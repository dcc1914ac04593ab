import { expect, test } from '@jest/globals';
import { artifactKind, extensionOf } from '../../src/artifacts/kind.js';

test.each([
  ['image', 'jpg bmp jpeg png gif svg webp'],
  ['text', 'txt log py js yaml yml json csv tsv md rst jsonnet'],
  ['audio', 'flac mp3 wav'],
])('the extensions of %s', (kind, extensions) => {
  for (const extension of extensions.split(' ')) {
    expect(artifactKind(`dir.png/name with space.x.${extension}`)).toBe(kind);
    expect(artifactKind(`NAME.${extension.toUpperCase()}`)).toBe(kind);
  }
});

test.each([
  'noext',
  '.hidden',
  '.png',
  'dir.png/noext',
  'a.pkl',
  'a.png.gz',
  'a.',
  'a.png ',
  'png',
  'MLmodel',
  'a.tiff',
])('%j is of no kind', (path) => {
  expect(artifactKind(path)).toBeUndefined();
});

test('extensions are told in lower case', () => {
  expect(extensionOf('images/Mixed.JpG')).toBe('jpg');
  expect(extensionOf('new\nline.TXT')).toBe('txt');
  expect(extensionOf('names/.hidden')).toBe('');
});
