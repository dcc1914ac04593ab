import { describe, expect, test } from '@jest/globals';
import { readSvgHeader } from '../../src/artifacts/image/svg.js';
import { parseHistoryImage } from '../../src/artifacts/image-history.js';
import { parseJson } from '../../src/mapping/json-value.js';
import { metricTarget } from '../../src/mapping/metric-target.js';
import { parsePythonLiteral } from '../../src/mapping/python-literal.js';
import { withoutSecrets } from '../../src/mapping/url-secrets.js';
import { proxiedPath } from '../../src/mlflow/artifacts/proxied-path.js';
import { withoutTrailing } from '../../src/mlflow/common/trailing.js';
import { readMetricLine } from '../../src/mlflow/file/metric-line.js';
import { parseYamlMapping } from '../../src/mlflow/file/yaml-mapping.js';
import { azureLocation } from '../../src/mlflow/locations/azure-location.js';
import { displayedUri } from '../../src/mlflow/locations/displayed-uri.js';
import { uriTarget } from '../../src/mlflow/locations/file-uri.js';
import { s3Location } from '../../src/mlflow/locations/s3-location.js';
import { proxyUrl } from '../../src/mlflow/rest/artifacts/server-transport.js';

/** Whatever reads a text of a source that may be as long as its author likes. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  parsePythonLiteral,
  parseJson,
  readMetricLine,
  parseHistoryImage,
  metricTarget,
  withoutSecrets,
  displayedUri,
  uriTarget: (text) => [uriTarget(text), uriTarget(`file:${text}`)],
  proxiedPath: (text) => [proxiedPath(text), proxiedPath(`http://host/api/2.0/mlflow-artifacts/artifacts/${text}`)],
  proxyUrl: (text) => proxyUrl(`http://${text}`, { origin: 'http://host', prefix: '' }),
  s3Location: (text) => s3Location(`s3://${text}`),
  azureLocation: (text) => azureLocation(`wasbs://${text}`),
  withoutTrailing: (text) => withoutTrailing(text, '/'),
  readSvgHeader: (text) => readSvgHeader(new DataView(new TextEncoder().encode(`<svg ${text}`).buffer)),
  parseYamlMapping: (text) => {
    try {
      return parseYamlMapping(`x: ${text}\n`);
    } catch (cause) {
      if (cause instanceof RangeError) throw cause;
      return undefined;
    }
  },
};

const PIECES = [
  ...[
    '1',
    '_',
    '1_',
    '0',
    '"',
    "'",
    '\\',
    '""',
    '[',
    '(',
    '{',
    '-',
    '+',
    '1,',
    '[1,',
    '#',
    '\n',
    'e',
    '1e',
    '1.',
    ' ',
    '\t',
  ],
  ...[
    'a',
    'true',
    '{"a":',
    '"a" ',
    "r'",
    '0x1',
    '\r',
    '(1)',
    '\u2028',
    'é',
    '%step%',
    '+step+1+timestamp+1+',
    '<',
    '&',
  ],
  ...[
    '/',
    'a/',
    '//',
    '?',
    '?a=',
    '&sig',
    '?sig=',
    '://',
    'a://',
    'a@',
    ':',
    '.a',
    'system/gpu_1',
    '%2F',
    '<!--',
    '=',
    'a="" ',
  ],
];

describe('a text of 200,000 characters is read in time that grows with its length', () => {
  const text = (piece: string, before: string, after: string) =>
    before + piece.repeat(Math.ceil(200_000 / piece.length)) + after;

  test.each(Object.entries(READERS))('by %s', (_, read) => {
    const slow: string[] = [];
    for (const piece of PIECES) {
      for (const [before, after] of [
        ['', ''],
        ['', 'x'],
        ['[', ']'],
        ['1 1 1', '!'],
        ['images/', '.png'],
      ] as const) {
        const begun = process.cpuUsage();
        read(text(piece, before, after));
        const took = process.cpuUsage(begun).user / 1000;
        if (took > 5000) slow.push(`${JSON.stringify(before + piece)}: ${Math.round(took)} ms`);
      }
    }
    expect(slow).toEqual([]);
  });
});

describe('a value of sixteen million characters', () => {
  test.each(['1', '0', '1_', '"', '[', '1,', ' ', 'é', '://a'])('of %j is no error', (piece) => {
    const text = piece.repeat(Math.ceil(16_000_000 / piece.length));
    expect(parsePythonLiteral(text)).toBeUndefined();
    expect(['string', 'undefined']).toContain(typeof parseJson(text));
    expect(() => withoutSecrets(text)).not.toThrow();
    expect(() => withoutSecrets(`s3:/${text}`)).not.toThrow();
  });

  test('which is a list of too many values, stays a text', () => {
    const list = `[${'1,'.repeat(100_000)}1]`;
    expect(parsePythonLiteral(list)).toBeUndefined();
    expect(parseJson(list)).toBeUndefined();
    expect(parsePythonLiteral(`[${'1,'.repeat(90_000)}1]`)).toHaveLength(90_001);
  });
});
