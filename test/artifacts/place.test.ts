import { describe, expect, test } from '@jest/globals';
import { placeArtifacts } from '../../src/artifacts/place.js';
import type { ArtifactFile } from '../../src/model.js';
import { type ArtifactPolicy, DEFAULT_ARTIFACTS } from '../../src/policies.js';

const file = (path: string): ArtifactFile => ({ path, uri: `file:///a/${path}` });

/** Places in a line each: role, sequence, step, timestamp, grouped, path. */
function placed(paths: string[], policy: Partial<ArtifactPolicy> = {}) {
  const { places, unplaced } = placeArtifacts(paths.map(file), { ...DEFAULT_ARTIFACTS, ...policy });
  return {
    places: places.map((place) => [
      place.role,
      place.sequence,
      place.step,
      place.timestamp,
      place.grouped ? 'list' : 'single',
      place.file.path,
    ]),
    unplaced: unplaced.map(({ path }) => path),
  };
}

const UUIDS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;
const logged = (key: string, step: number | string, end = '.png', uuid: string = UUIDS[0]) =>
  `images/${key}+step+${step}+timestamp+1700000000001+${uuid}${end}`;
const TIME = 1700000000001;

describe('placeArtifacts', () => {
  test('images and audio share a record with those of their directory; those at the top have a sequence each', () => {
    expect(placed(['a.png', 'b/c.JPG', 'b/d.wav', 'b/e/f.webp', 'b/g.gif', 'h.mp3'])).toEqual({
      places: [
        ['image', 'a.png', 0n, undefined, 'single', 'a.png'],
        ['image', 'b', 0n, undefined, 'list', 'b/c.JPG'],
        ['audio', 'b', 0n, undefined, 'list', 'b/d.wav'],
        ['image', 'b/e', 0n, undefined, 'list', 'b/e/f.webp'],
        ['image', 'b', 0n, undefined, 'list', 'b/g.gif'],
        ['audio', 'h.mp3', 0n, undefined, 'single', 'h.mp3'],
      ],
      unplaced: [],
    });
  });

  test('by file, each is a sequence of its own', () => {
    expect(placed(['a.png', 'b/c.JPG', 'b/d.wav', 'b/g.gif'], { imageSequences: 'file' }).places).toEqual([
      ['image', 'a.png', 0n, undefined, 'single', 'a.png'],
      ['image', 'b/c.JPG', 0n, undefined, 'single', 'b/c.JPG'],
      ['audio', 'b/d.wav', 0n, undefined, 'single', 'b/d.wav'],
      ['image', 'b/g.gif', 0n, undefined, 'single', 'b/g.gif'],
    ]);
  });

  test('a text is a sequence of its own', () => {
    expect(placed(['a.txt', 'b/c d\n.md']).places).toEqual([
      ['text', 'a.txt', 0n, undefined, 'single', 'a.txt'],
      ['text', 'b/c d\n.md', 0n, undefined, 'single', 'b/c d\n.md'],
    ]);
  });

  test('other files have no place', () => {
    expect(placed(['a.pkl', 'b', 'c.png']).unplaced).toEqual(['a.pkl', 'b']);
  });

  test('images of a history are a sequence at their steps', () => {
    expect(placed([logged('a~b', 0), logged('a~b', 7), 'images/pic.png'])).toEqual({
      places: [
        ['image', 'a/b', 0n, TIME, 'single', logged('a~b', 0)],
        ['image', 'a/b', 7n, TIME, 'single', logged('a~b', 7)],
        ['image', 'images', 0n, undefined, 'list', 'images/pic.png'],
      ],
      unplaced: [],
    });
  });

  test('the compressed twin is dropped where the original is there', () => {
    const twin = logged('k', 1, '+compressed.webp');
    expect(placed([twin, logged('k', 1)]).places).toEqual([['image', 'k', 1n, TIME, 'single', logged('k', 1)]]);
    expect(placed([twin, logged('k', -1, '+compressed.webp'), logged('k', -1)])).toEqual({
      places: [
        ['image', 'k', 1n, TIME, 'single', twin],
        ['image', 'images', 0n, undefined, 'list', logged('k', -1)],
      ],
      unplaced: [],
    });
    expect(placed([twin, logged('k', 1, '.png', UUIDS[1])]).places).toHaveLength(2);
  });

  test('so is that of an image of a table', () => {
    const image = (end: string, uuid: string = UUIDS[0]) => `table_images/a/t/${uuid}${end}`;
    const places = (paths: string[]) => placed(paths).places.map((place) => place.at(-1));
    expect(places([image('.png'), image('.webp')])).toEqual([image('.png')]);
    const others = [
      image('.png'),
      image('.webp', UUIDS[1]),
      'table_images/a/t/plain.png',
      'table_images/a/t/plain.webp',
    ];
    expect(places(others)).toEqual(others);
    expect(places([image('.webp'), 'b/c.png', 'b/c.webp'])).toEqual([image('.webp'), 'b/c.png', 'b/c.webp']);
  });

  test('a step that Aim cannot hold makes an ordinary image', () => {
    for (const step of [-1, '9223372036854775808']) {
      expect(placed([logged('k', step)]).places).toEqual([
        ['image', 'images', 0n, undefined, 'list', logged('k', step)],
      ]);
    }
    expect(placed([logged('k', '9223372036854775807')]).places).toEqual([
      ['image', 'k', 9223372036854775807n, TIME, 'single', logged('k', '9223372036854775807')],
    ]);
  });

  test('images of one key and step share a record, twins not counted', () => {
    const paths = UUIDS.flatMap((uuid) => [logged('k', 3, '.png', uuid), logged('k', 3, '+compressed.webp', uuid)]);
    expect(placed([...paths, logged('k', 4)]).places).toEqual([
      ['image', 'k', 3n, TIME, 'list', logged('k', 3, '.png', UUIDS[0])],
      ['image', 'k', 3n, TIME, 'list', logged('k', 3, '.png', UUIDS[1])],
      ['image', 'k', 4n, TIME, 'single', logged('k', 4)],
    ]);
  });

  test('the first text that is a terminal log is that too', () => {
    expect(placed(['a.png', 'b.txt', 'c.log', 'd.log'], { terminalLog: '*.{log,png}' }).places).toEqual([
      ['image', 'a.png', 0n, undefined, 'single', 'a.png'],
      ['text', 'b.txt', 0n, undefined, 'single', 'b.txt'],
      ['text', 'c.log', 0n, undefined, 'single', 'c.log'],
      ['text', 'd.log', 0n, undefined, 'single', 'd.log'],
      ['log', 'logs', 0n, undefined, 'single', 'c.log'],
    ]);
  });
});
