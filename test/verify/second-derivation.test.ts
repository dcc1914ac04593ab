import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetSequences } from '../../src/aim/dataset-sequences.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { htmlFigures } from '../../src/artifacts/figure/html-figures.js';
import { globMatcher } from '../../src/artifacts/glob.js';
import { readImageHeader } from '../../src/artifacts/image/header.js';
import { placeArtifacts } from '../../src/artifacts/place.js';
import { tableText } from '../../src/artifacts/table/table-text.js';
import { toUtf8 } from '../../src/artifacts/text.js';
import { parseJson } from '../../src/mapping/json-value.js';
import { metricSequences, possibleKeys } from '../../src/mapping/metric-sequences.js';
import { metricTarget, type SequenceName } from '../../src/mapping/metric-target.js';
import { parsePythonLiteral } from '../../src/mapping/python-literal.js';
import { runHash } from '../../src/mapping/run-hash.js';
import { withoutSecrets } from '../../src/mapping/url-secrets.js';
import type { ArtifactFile } from '../../src/model.js';
import { expectedPlaces } from '../../src/verify/expected/artifact-places.js';
import { figuresOfPage } from '../../src/verify/expected/figure-file.js';
import { globTest } from '../../src/verify/expected/glob.js';
import { imageFacts } from '../../src/verify/expected/image-file.js';
import { jsonValue } from '../../src/verify/expected/json-text.js';
import { metricName, metricNames, onDataset } from '../../src/verify/expected/metric-name.js';
import { typedParam } from '../../src/verify/expected/python-value.js';
import { hashOf } from '../../src/verify/expected/run-hash.js';
import { cleanText } from '../../src/verify/expected/secrets.js';
import { tableOf } from '../../src/verify/expected/table-file.js';
import { textOf } from '../../src/verify/expected/text-file.js';
import { SAMPLE_IMAGES } from '../artifacts/sample-images.js';

/** Texts made of these pieces, which meet in ways in which nobody writes them. */
const textOfPieces = (pieces: readonly string[], maxLength = 8) =>
  fc.array(fc.constantFrom(...pieces), { maxLength }).map((parts) => parts.join(''));

// prettier-ignore
const PYTHON = [
  '1',
  '0',
  '0x1F',
  '1_0',
  '.5',
  '1.',
  'e5',
  '-',
  '+',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  ' ',
  '\n',
  '\t',
  '\f',
  '#c',
  '\\\n',
  'True',
  'None',
  "'a'",
  '"b"',
  "r'\\d'",
  "u'x'",
  "b'y'",
  "'''",
  '"""',
  "'",
  '\\x41',
  '\\N{A}',
  '\\ud800',
  '\\101',
  '9223372036854775808',
  '1e999',
  '1j',
  "''",
  '""',
  'é',
  '\r\n',
  'x',
  '_',
];
// prettier-ignore
const JSON_PIECES = [
  '1',
  '-0',
  '0.5',
  '1e999',
  '9223372036854775808',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  ' ',
  '\n',
  '"a"',
  '""',
  '"\\ud83d"',
  '"\\u00e9"',
  '"',
  '\\',
  'true',
  'null',
  'NaN',
  '-Infinity',
  '01',
  '.5',
  '\u0001',
];
// prettier-ignore
const URLS = [
  'https',
  's3',
  'git+',
  'postgresql',
  '://',
  ':\\/\\/',
  'user',
  ':',
  'p@ss',
  '@',
  'host',
  '/path',
  '?',
  '&',
  '#',
  'X-Amz-Signature=',
  'token=',
  'a=',
  "'",
  ' ',
  '"',
  'sig',
  '=',
  'ghp_123',
  '\\',
];

function sequenceText({ name, context }: SequenceName): string {
  return JSON.stringify([name, [...context].map(String).sort()]);
}

describe('the second derivation of what is expected agrees with the first', () => {
  test('about params', () => {
    fc.assert(
      fc.property(textOfPieces(PYTHON), (text) => {
        const literal = parsePythonLiteral(text);
        expect(typedParam(text)).toStrictEqual(literal === undefined ? text : literal);
      }),
      { numRuns: 20_000 },
    );
  });

  test('about JSON texts', () => {
    fc.assert(
      fc.property(fc.oneof(textOfPieces(JSON_PIECES), fc.json()), (text) => {
        expect(jsonValue(text)).toStrictEqual(parseJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('about the secrets of URLs', () => {
    fc.assert(
      fc.property(textOfPieces(URLS, 12), (text) => expect(cleanText(text)).toBe(withoutSecrets(text))),
      { numRuns: 2000 },
    );
  });

  test('about names of metrics', () => {
    const pieces = [
      'system/',
      'gpu_0_',
      'gpu_07_',
      'node',
      '/',
      'cpu_utilization_percentage',
      'power_usage_watts',
      '__system__cpu',
      'loss',
      'logs',
    ];
    fc.assert(
      fc.property(textOfPieces(pieces, 5), (key) => expect(metricName(key)).toEqual(metricTarget(key))),
      { numRuns: 1500 },
    );
  });

  test('about metrics in contexts of their own, whatever the order of their keys', () => {
    const pieces = ['train', 'val', '_', '/', 'loss', 'fold1', '__system__cpu', 'system/', 'logs', '(empty)'];
    const rules = [
      ...['train_', 'train/', 'val_', 'val/'].map((prefix) => ({
        context: 'subset',
        value: prefix.slice(0, -1),
        prefix,
        suffix: '',
      })),
      { context: 'fold', value: '1', prefix: '', suffix: '_fold1' },
      { context: 'subset', value: 'other', prefix: '', suffix: '_other' },
    ];
    const keys = fc.uniqueArray(textOfPieces(pieces, 4), { maxLength: 12 });
    fc.assert(
      fc.property(keys, fc.shuffledSubarray(rules), fc.nat(), (all, some, seed) => {
        const sequences = metricSequences(all, some);
        const { metrics, clashes } = metricNames(all, some);
        for (const { key, name } of metrics) {
          expect({ key, name }).toEqual({ key, name: sequences.of(key) });
          expect(possibleKeys(name as SequenceName, some)).toContain(key);
        }
        expect(clashes).toBe(sequences.clashes.length);
        const other = metricSequences(
          all.toSorted(() => (seed % 2) - 0.5),
          some,
        );
        for (const key of all) expect(other.of(key)).toEqual(sequences.of(key));
        expect(new Set(all.map((key) => sequenceText(sequences.of(key)))).size).toBe(all.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('about the points of datasets', () => {
    const dataset = fc.record({ name: fc.constantFrom('', 'train', 'test'), digest: fc.constantFrom('', 'a', 'b') });
    const datasets = fc.uniqueArray(dataset, { selector: ({ name, digest }) => `${name} ${digest}`, maxLength: 6 });
    fc.assert(
      fc.property(datasets, (all) => {
        const base = { name: 'loss', context: new Map([['subset', 'val']]) };
        const sequenceOf = datasetSequences(sequenceId(base.name, base.context), all);
        const expected = [undefined, ...all].map((one) => onDataset(base, one, all));
        const found = [undefined, ...all].map((one) => sequenceOf(one));
        expect(found.map(({ name, context }) => ({ name, context }))).toEqual(expected);
        expect(new Set(found.map(({ key }) => key)).size).toBe(all.length + 1);
      }),
      { numRuns: 200 },
    );
  });

  test('about hashes of runs', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (id) => expect(hashOf(id)).toBe(runHash(id))));
  });

  test('about patterns', () => {
    const pattern = textOfPieces(
      ['*', '**', '/', '?', 'a', '.', 'b', '[a-c]', '[!a]', '{a,b}', '\\*', '**/'],
      5,
    ).filter((glob) => !/^\/?$|\*{3}|[^/]\*\*|\*\*[^/]/.test(glob));
    const path = textOfPieces(['a', 'b', '.', '/', '*', 'c'], 6).filter((text) => !/^$|^\/|\/\/|\/$/.test(text));
    fc.assert(
      fc.property(pattern, path, (glob, file) =>
        expect([glob, file, globTest(glob)(file)]).toEqual([glob, file, globMatcher(glob)(file)]),
      ),
      { numRuns: 2000 },
    );
  });

  test('about texts', () => {
    const piece = fc.oneof(
      fc.constantFrom([0xff, 0xfe], [0xfe, 0xff], [0xef, 0xbb, 0xbf], [0, 0], [0x61, 0], [0xd8, 0]),
      fc.array(fc.nat(255), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const bytes = Uint8Array.from(pieces.flat());
        const { bytes: text, replaced } = toUtf8(bytes);
        expect(textOf(bytes)).toEqual({ text: Buffer.from(text).toString(), isReplaced: replaced });
      }),
      { numRuns: 1500 },
    );
  });

  test('about images, whole, cut and with other bytes', () => {
    const svg = Buffer.from('<?xml version="1.0"?><!-- x --><svg width="3cm" viewBox="0 0 30 20">');
    const images = [...SAMPLE_IMAGES.map(({ bytes }) => bytes), svg];
    fc.assert(
      fc.property(
        fc.constantFrom(...images),
        fc.nat(80),
        fc.option(fc.nat(255)),
        fc.boolean(),
        (image, at, byte, isCut) => {
          const bytes = Uint8Array.from(isCut ? image.subarray(0, at) : image);
          if (byte !== null && at < bytes.length) bytes[at] = byte;
          expect(imageFacts(bytes)).toEqual(readImageHeader(bytes));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('about places of artifacts', () => {
    const uuid = '0a1b2c3d-0000-4000-8000-000000000000';
    const name = fc.oneof(
      textOfPieces(['a', '/', '.png', '.PNG', '.wav', '.txt', 'table_images/t/', uuid, '.webp', '.'], 4),
      fc
        .tuple(
          fc.constantFrom('+', '%'),
          fc.constantFrom('0', '-1', '7', '9223372036854775808'),
          fc.constantFrom('.png', '.webp'),
          fc.boolean(),
        )
        .map(
          ([mark, step, extension, isTwin]) =>
            `images/a~b#c${mark}step${mark}${step}${mark}timestamp${mark}1700000000000${mark}${uuid}${isTwin ? `${mark}compressed` : ''}${extension}`,
        ),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.filter((path) => path !== ''),
          { maxLength: 6 },
        ),
        fc.constantFrom('file' as const, 'directory' as const),
        (paths, imageSequences) => {
          const files: ArtifactFile[] = paths.sort().map((path) => ({ path, uri: `file:///${path}` }));
          const { places, unplaced } = placeArtifacts(files, { imageSequences });
          const expected = expectedPlaces(files, imageSequences);
          expect(expected.others).toEqual(unplaced);
          expect(expected.places.map(({ kind, sequence, step, time }) => [kind, sequence, step, time])).toEqual(
            places
              .filter(({ tentative }) => !tentative)
              .map(({ role, sequence, step, timestamp }) => [role, sequence, step, timestamp]),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('about figures in pages', async () => {
    const f4 = Buffer.from(Float32Array.of(0.1, Number.NaN, 3, 4).buffer).toString('base64');
    const page = textOfPieces(
      [
        'Plotly.newPlot(',
        'Plotly.addFrames(',
        '"id",',
        'gd,',
        ...['[{"y":[1]}]', '[{}]', '[]', '{}', '{"a":"é)\\""}', '{"data":[],"layout":{}}', '[1]', '[{"y":'],
        ...[
          ',',
          ')',
          '(',
          "'",
          '`',
          ' ',
          '\n',
          '"',
          ',{"b":1})',
          `[{"z":{"dtype":"f4","bdata":"${f4}","shape":"2,2"}}]`,
        ],
      ],
      9,
    );
    await fc.assert(
      fc.asyncProperty(page, fc.constantFrom(30, 1000), fc.integer({ min: 1, max: 50 }), async (text, limit, size) => {
        const bytes = Buffer.from(text);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const found = await htmlFigures(pieces, { file: 1e6, figures: limit });
        const expected = figuresOfPage(bytes, limit);
        expect(expected ?? 'too-large').toEqual(
          Array.isArray(found) ? found.map((one: Uint8Array) => String(one)) : found,
        );
      }),
      { numRuns: 1500 },
    );
  });

  test('about tables', async () => {
    const separated = textOfPieces(
      [
        'a',
        '1',
        ',',
        ';',
        '\t',
        '"',
        '""',
        '\n',
        '\r',
        '\r\n',
        '|',
        '実',
        'x'.repeat(35),
        '-1.5e3',
        '\ufeff',
        '\u202e',
      ],
      14,
    );
    const value = textOfPieces(['1', '1.50', '-0', '01', 'null', 'true', '"a"', '"12"', '[1,"2"]', '{"k":1}', ','], 2);
    const list = fc.array(value, { maxLength: 24 }).map((items) => `[${items.join(', ')}]`);
    const json = fc
      .tuple(list, fc.array(list, { maxLength: 3 }))
      .map(([columns, rows]) => `{"columns": ${columns}, "data": [${rows.join(', ')}]}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(separated, json), fc.constantFrom('t.csv', 't.tsv', 'T.JSON'), async (text, path) => {
        const found = await tableText(path, Buffer.from(text));
        expect(tableOf(path, text)).toBe(found && String(found));
      }),
      { numRuns: 1500 },
    );
  });
});
