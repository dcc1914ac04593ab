import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimValue } from '../../src/aim/value.js';
import { mapAttributes } from '../../src/mapping/attributes.js';
import { withoutSecrets } from '../../src/mapping/url-secrets.js';
import { makeExperiment, makeRun } from './fixtures.js';

describe('withoutSecrets', () => {
  test.each([
    ['https://oauth2:SECRET@example.com/a/b.git', 'https://example.com/a/b.git'],
    ['https://SECRET@github.com/a/b.git', 'https://github.com/a/b.git'],
    ['https://SECRET:x-oauth-basic@github.com/a', 'https://github.com/a'],
    ['git+https://SECRET@github.com/a#subdirectory=b', 'git+https://github.com/a#subdirectory=b'],
    ['ssh://git@example.com:22/a.git', 'ssh://git@example.com:22/a.git'],
    ['git@example.com:a/b.git', 'git@example.com:a/b.git'],
    ['ssh://git:SECRET@example.com/a', 'ssh://git@example.com/a'],
    ['postgresql+psycopg2://ada:SE@CRET@host/db', 'postgresql+psycopg2://ada@host/db'],
    ['redis://:SECRET@host', 'redis://host'],
    ['wasbs://box@account.blob.core.windows.net/x', 'wasbs://box@account.blob.core.windows.net/x'],
    ['s3://b/a:b@c', 's3://b/a:b@c'],
    ['https://h/x?versionId=1&X-Amz-Signature=SECRET&y=2', 'https://h/x?versionId=1&X-Amz-Signature=***&y=2'],
    ['https://h/x#access_token=SECRET&state=1', 'https://h/x#access_token=***&state=1'],
    ['https://h/x?api_key=SECRET', 'https://h/x?api_key=***'],
    ['jdbc:sqlserver://h;user=ada;password=SECRET;x=1', 'jdbc:sqlserver://h;user=ada;password=***;x=1'],
    ['run.py --data "https://u:SECRET@h/x" -v', 'run.py --data "https://h/x" -v'],
    ['a https://u:SECRET@h and https://SECRET@g', 'a https://h and https://g'],
    ['mail me: ada@example.com // soon', 'mail me: ada@example.com // soon'],
  ])('%s', (text, clean) => {
    expect(withoutSecrets(text)).toBe(clean);
    expect(withoutSecrets(clean)).toBe(clean);
  });
});

test.each(['a', 'a:', 'a://', 'a://b@', 'a://b?sig', 'a://b?sig=', '?sig', 'sig', '@', ':// '])(
  'withoutSecrets takes no longer for a long text of %j',
  (part) => {
    const text = `x://y?${part.repeat(500_000)}`;
    const began = performance.now();
    withoutSecrets(text);
    withoutSecrets(part.repeat(500_000));
    expect(performance.now() - began).toBeLessThan(3000);
  },
);

const MARK = 'SECRET';
const SECRET_URL = fc
  .record({
    scheme: fc.constantFrom('https', 'http', 'git+https', 'postgresql', 's3', 'ssh'),
    user: fc.constantFrom('', 'oauth2', 'ada'),
    path: fc.webPath(),
    signed: fc.boolean(),
    before: fc.constantFrom('', 'python train.py ', '{"url": "', '(', '实验 '),
  })
  .map(({ scheme, user, path, signed, before }) => {
    const query = signed ? `?a=1&X-Amz-Signature=${MARK}&b=2` : '';
    return `${before}${scheme}://${user}:${MARK}@host.example${path}${query}`;
  });
const JSON_TEXT = SECRET_URL.chain((url) =>
  fc.constantFrom(
    url,
    JSON.stringify({ uri: url, deep: [{ url }] }),
    JSON.stringify({ uri: url }).replaceAll('/', '\\/'),
    JSON.stringify({ text: JSON.stringify({ uri: url }) }),
  ),
);
const SYSTEM_TAGS = [
  'mlflow.user',
  'mlflow.source.name',
  'mlflow.source.type',
  'mlflow.source.git.repoURL',
  'mlflow.source.git.branch',
  'mlflow.source.git.commit',
  'mlflow.source.git.dirty',
  'mlflow.project.entryPoint',
  'mlflow.project.env',
  'mlflow.log-model.history',
  'mlflow.loggedArtifacts',
  'mlflow.anything.else',
];

function texts(value: AimValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Map) return [...value.values()].flatMap(texts);
  return Array.isArray(value) ? value.flatMap(texts) : [];
}

describe('attributes', () => {
  test('hold no secret of a URL in anything that MLflow has written', () => {
    const dataset = fc.record({
      name: SECRET_URL,
      digest: SECRET_URL,
      context: SECRET_URL,
      sourceType: SECRET_URL,
      source: JSON_TEXT,
      schema: JSON_TEXT,
      profile: JSON_TEXT,
    });
    const model = fc.record({
      modelId: fc.constant('m'),
      type: SECRET_URL,
      artifactUri: SECRET_URL,
      params: fc.constant(new Map<string, string>()),
      tags: SECRET_URL.map((url) => new Map([['mlflow.x', url]])),
    });
    const run = fc.record({
      artifactUri: SECRET_URL,
      userId: SECRET_URL,
      entryPoint: SECRET_URL,
      tags: fc
        .tuple(...SYSTEM_TAGS.map(() => JSON_TEXT))
        .map((values) => new Map(values.map((value, at) => [SYSTEM_TAGS[at]!, value]))),
      datasets: fc.array(dataset, { maxLength: 2 }),
      models: fc.array(model, { maxLength: 1 }),
    });
    fc.assert(
      fc.property(run, SECRET_URL, (fields, trackingUri) => {
        const mapped = mapAttributes(makeRun(fields), makeExperiment(), { trackingUri }, { rawParams: false });
        expect(texts(mapped).filter((text) => text.includes(MARK))).toEqual([]);
      }),
    );
  });

  test('hold what people have written as they wrote it', () => {
    fc.assert(
      fc.property(SECRET_URL, (url) => {
        const own = new Map([['own', url]]);
        const model = { modelId: 'm', params: own, tags: own };
        const dataset = { name: 'd', digest: '1', tags: own };
        const run = makeRun({ params: own, tags: own, models: [model], datasets: [dataset] });
        const mapped = mapAttributes(run, makeExperiment(), { trackingUri: 'mlruns' }, { rawParams: false });
        expect(texts(mapped).filter((text) => text === url)).toHaveLength(5);
      }),
    );
  });
});
