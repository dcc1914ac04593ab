import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimDict, AimValue } from '../../src/aim/value.js';
import { mapAttributes } from '../../src/mapping/attributes.js';
import type { Run } from '../../src/model.js';
import { makeExperiment, makeRun } from './fixtures.js';

const map = (run: Partial<Run>, rawParams = false) =>
  mapAttributes(makeRun(run), makeExperiment(), { trackingUri: 'file:///data/mlruns' }, { rawParams });

const at = (attributes: AimDict, ...path: string[]): AimValue | undefined =>
  path.reduce<AimValue | undefined>((value, key) => (value as AimDict | undefined)?.get(key), attributes);

const tags = (entries: Record<string, string>) => new Map(Object.entries(entries));

test('a bare run has its identity and nothing else', () => {
  expect(map({})).toEqual(
    new Map<string, AimValue>([
      ['mlflow_run_id', '32b3397657a7444988306d280a954bbb'],
      [
        'mlflow',
        new Map([
          [
            'info',
            new Map([
              ['experiment_id', '286984091544987137'],
              ['status', 'FINISHED'],
              ['lifecycle_stage', 'active'],
              ['tracking_uri', 'file:///data/mlruns'],
            ]),
          ],
        ]),
      ],
      ['mlflow.info', new Map()],
    ]),
  );
});

test('everything of `mlflow`, and nothing else, is passed over', () => {
  const attributes = map({ tags: tags({ stage: 'dev', 'mlflow.x': 'y' }), datasets: [{ name: 'a', digest: '1' }] });
  const keys = [...(attributes.get('mlflow') as AimDict).keys()];
  const dotted = [...attributes].filter(([key]) => String(key).startsWith('mlflow.'));
  expect(dotted).toEqual(keys.map((key) => [`mlflow.${String(key)}`, new Map()]));
  expect(keys).toContain('user_tags');
});

describe('params', () => {
  const params = tags({
    lr: '0.01',
    epochs: '10',
    layers: '[64, 64]',
    name: 'adam',
    empty: '',
    nan: 'nan',
    flag: 'True',
  });

  test('are typed', () => {
    expect(at(map({ params }), 'params')).toEqual(
      new Map<string, AimValue>([
        ['lr', 0.01],
        ['epochs', 10n],
        ['layers', [64n, 64n]],
        ['name', 'adam'],
        ['empty', ''],
        ['nan', 'nan'],
        ['flag', true],
      ]),
    );
  });

  test('stay strings when the user says so', () => {
    expect(at(map({ params }, true), 'params')).toEqual(params);
  });

  test('may have an empty key', () => {
    const odd = tags({ '': 'a', '(empty)': 'b', '(empty) 2': 'c' });
    expect(at(map({ params: odd }), 'params')).toEqual(tags({ '(empty) 3': 'a', '(empty)': 'b', '(empty) 2': 'c' }));
  });

  test('that are a literal of nothing keep it', () => {
    expect(at(map({ params: tags({ a: '[]', b: '{}', c: 'None' }) }), 'params')).toEqual(
      new Map<string, AimValue>([
        ['a', []],
        ['b', new Map()],
        ['c', null],
      ]),
    );
  });
});

describe('tags', () => {
  test('of people are strings', () => {
    const own = tags({ stage: '1', 'a.b/c': '', mlflowish: 'x', '': 'y' });
    const kept = tags({ stage: '1', 'a.b/c': '', mlflowish: 'x', '(empty)': 'y' });
    expect(at(map({ tags: own }), 'tags')).toEqual(kept);
    expect(at(map({ tags: own }), 'mlflow', 'user_tags')).toEqual(kept);
  });

  test('of MLflow have their places, and what remains is kept under its own name', () => {
    const attributes = map({
      userId: 'unknown',
      name: 'kind-owl-7',
      artifactUri: 's3://bucket/1/run/artifacts',
      tags: tags({
        'mlflow.runName': 'kind-owl-7',
        'mlflow.note.content': 'a note',
        'mlflow.user': 'ada',
        'mlflow.parentRunId': 'abc',
        'mlflow.source.name': '/home/ada/train.py',
        'mlflow.source.type': 'LOCAL',
        'mlflow.source.git.commit': '0123',
        'mlflow.source.git.branch': 'main',
        'mlflow.source.git.repoURL': 'https://example.com/r.git',
        'mlflow.source.git.dirty': 'true',
        'mlflow.source.git.diff': '+1',
        'mlflow.project.entryPoint': 'main',
        'mlflow.autologging': 'sklearn',
      }),
    });
    expect(at(attributes, 'mlflow_run_name')).toBe('kind-owl-7');
    expect(attributes.has('tags')).toBe(false);
    expect(at(attributes, 'user')).toEqual(tags({ name: 'ada' }));
    expect(at(attributes, 'tree')).toEqual(tags({ parent_id: 'abc' }));
    expect(at(attributes, 'mlflow')).toEqual(
      new Map<string, AimValue>([
        [
          'info',
          tags({
            experiment_id: '286984091544987137',
            status: 'FINISHED',
            lifecycle_stage: 'active',
            artifact_uri: 's3://bucket/1/run/artifacts',
            tracking_uri: 'file:///data/mlruns',
            entry_point: 'main',
          }),
        ],
        [
          'source',
          new Map<string, AimValue>([
            ['name', '/home/ada/train.py'],
            ['type', 'LOCAL'],
            ['git_commit', '0123'],
            ['git_branch', 'main'],
            ['git_repo_url', 'https://example.com/r.git'],
            ['git_dirty', true],
          ]),
        ],
        ['system_tags', tags({ 'mlflow.source.git.diff': '+1', 'mlflow.autologging': 'sklearn' })],
      ]),
    );
    expect(at(attributes, '__system_params')).toEqual(
      new Map<string, AimValue>([
        [
          'git_info',
          new Map<string, AimValue>([
            ['branch', 'main'],
            ['remote_origin_url', 'https://example.com/r.git'],
            ['commit', new Map([['hash', '0123']])],
          ]),
        ],
        ['arguments', ['/home/ada/train.py']],
      ]),
    );
  });

  test('are second to the header where that knows better, and third where it does not', () => {
    const attributes = map({ userId: 'ada', entryPoint: 'main', tags: tags({ 'mlflow.runName': 'from the tag' }) });
    expect(at(attributes, 'user', 'name')).toBe('ada');
    expect(at(attributes, 'mlflow', 'info', 'entry_point')).toBe('main');
    expect(at(attributes, 'mlflow_run_name')).toBe('from the tag');
  });

  test('of a notebook or a project are no command line', () => {
    for (const [name, type] of [
      ['Untitled.ipynb', 'NOTEBOOK'],
      ['https://example.com/p', 'PROJECT'],
      ['<console>', 'LOCAL'],
    ] as const) {
      const attributes = map({ tags: tags({ 'mlflow.source.name': name, 'mlflow.source.type': type }) });
      expect(attributes.has('__system_params')).toBe(false);
      expect(at(attributes, 'mlflow', 'source', 'name')).toBe(name);
    }
  });

  test('never vanish', () => {
    const key = fc.constantFrom('a', 'mlflow.a', 'mlflow.user', 'mlflow.source.name', 'mlflow.log-model.history');
    fc.assert(
      fc.property(fc.dictionary(key, fc.constantFrom('', 'x', '[]', '["y"]', '/t.py')), (entries) => {
        const kept = [...leaves(map({ tags: tags(entries) }))];
        for (const [name, value] of Object.entries(entries)) {
          expect(kept).toContain(name.endsWith('history') && value === '["y"]' ? 'y' : value);
        }
      }),
    );
  });
});

describe('URIs', () => {
  test('lose their password', () => {
    const attributes = mapAttributes(
      makeRun({ artifactUri: 'sftp://ada:se@cret@host:22/a' }),
      makeExperiment(),
      { trackingUri: 'postgresql://ada:secret@host/db' },
      { rawParams: false },
    );
    expect(at(attributes, 'mlflow', 'info', 'artifact_uri')).toBe('sftp://ada@host:22/a');
    expect(at(attributes, 'mlflow', 'info', 'tracking_uri')).toBe('postgresql://ada@host/db');
  });

  test('lose the secrets of a query', () => {
    const artifactUri = 's3://b/x?versionId=1&X-Amz-Signature=S1&X-Amz-Credential=S2#f';
    const attributes = mapAttributes(
      makeRun({ artifactUri }),
      makeExperiment(),
      { trackingUri: 'x' },
      { rawParams: false },
    );
    const shown = 's3://b/x?versionId=1&X-Amz-Signature=***&X-Amz-Credential=***#f';
    expect(at(attributes, 'mlflow', 'info', 'artifact_uri')).toBe(shown);
  });

  test.each([
    's3://bucket/a:b@c',
    'wasbs://box@account.blob.core.windows.net/x',
    '/data/a:b@c',
    'C:\\mlruns',
    'file:///a:b@c',
  ])('keep %s', (artifactUri) => {
    expect(at(map({ artifactUri }), 'mlflow', 'info', 'artifact_uri')).toBe(artifactUri);
  });
});

describe('datasets', () => {
  test('keep what the run says of them', () => {
    const datasets = [
      {
        name: 'a',
        digest: '1',
        tags: new Map([
          ['split', '0.8'],
          ['', 'x'],
        ]),
      },
    ];
    expect(at(map({ datasets }), 'mlflow', 'datasets')).toEqual([
      new Map<string, AimValue>([
        ['name', 'a'],
        ['digest', '1'],
        [
          'tags',
          new Map([
            ['split', '0.8'],
            ['(empty)', 'x'],
          ]),
        ],
      ]),
    ]);
  });

  test('stand in short behind the params', () => {
    const datasets = [
      { name: 'wine', digest: 'cd5d3d0f', context: 'test' },
      { name: 'iris', digest: '5a5c68bf', context: 'train' },
      { name: 'bare', digest: '' },
    ];
    expect(at(map({ datasets }), 'used', 'datasets')).toBe('bare, iris (5a5c68bf) train, wine (cd5d3d0f) test');
    const many = Array.from({ length: 13 }, (_, i) => ({ name: `d${i + 10}`, digest: '' }));
    expect(at(map({ datasets: many }), 'used', 'datasets')).toBe(
      'd10, d11, d12, d13, d14, d15, d16, d17, d18, d19 and 3 more',
    );
  });

  test('have their JSON parsed where it parses', () => {
    const datasets = [
      { name: 'b', digest: '1', source: 'not json', sourceType: 'local' },
      {
        name: 'a',
        digest: '2',
        context: 'training',
        sourceType: 'code',
        source: '{"tags": {}}',
        schema: '{"mlflow_colspec": [{"type": "long", "name": ""}]}',
        profile: '{"num_rows": 9007199254740993, "mean": 1.0, "top": null}',
      },
    ];
    expect(at(map({ datasets }), 'mlflow', 'datasets')).toEqual([
      new Map<string, AimValue>([
        ['name', 'a'],
        ['digest', '2'],
        ['context', 'training'],
        ['source_type', 'code'],
        ['source', new Map([['tags', new Map()]])],
        [
          'schema',
          new Map([
            [
              'mlflow_colspec',
              [
                new Map([
                  ['type', 'long'],
                  ['name', ''],
                ]),
              ],
            ],
          ]),
        ],
        [
          'profile',
          new Map<string, AimValue>([
            ['num_rows', 9007199254740993n],
            ['mean', 1],
            ['top', null],
          ]),
        ],
      ]),
      new Map([
        ['name', 'b'],
        ['digest', '1'],
        ['source_type', 'local'],
        ['source', 'not json'],
      ]),
    ]);
  });
});

describe('models', () => {
  const model = { modelId: 'm-1', params: tags({ C: '0.5' }), tags: tags({ team: '1' }) };

  test('of MLflow 3 are listed by step and id', () => {
    const models = [
      { ...model, modelId: 'm-3', step: 5n },
      { ...model, modelId: 'm-2', step: 5n },
      { ...model, name: 'clf', type: 'sklearn', status: 'READY', artifactUri: '/models/m-1', step: 0n },
    ];
    const listed = at(map({ models }), 'mlflow', 'models') as AimDict[];
    expect(listed.map((entry) => entry.get('model_id'))).toEqual(['m-1', 'm-2', 'm-3']);
    expect(listed[0]).toEqual(
      new Map<string, AimValue>([
        ['model_id', 'm-1'],
        ['name', 'clf'],
        ['type', 'sklearn'],
        ['status', 'READY'],
        ['artifact_uri', '/models/m-1'],
        ['step', 0n],
        ['params', new Map([['C', 0.5]])],
        ['tags', new Map([['team', '1']])],
      ]),
    );
  });

  test('stand in short behind the params', () => {
    const named = { ...model, name: 'lenet' };
    const models = [{ ...named, step: 3n, modelId: 'm-9' }, named, model];
    expect(at(map({ models }), 'produced', 'models')).toBe('lenet, m-1, lenet (step 3)');
    const history = '[{"artifact_path": "model"}, {"artifact_path": ""}, 3]';
    expect(at(map({ tags: tags({ 'mlflow.log-model.history': history }) }), 'produced', 'models')).toBe('model');
  });

  test('do not repeat the params of their run', () => {
    const params = tags({ C: '0.5', depth: '3' });
    const models = [{ ...model, params: tags({ C: '0.5', depth: '4', seed: '1' }) }];
    const [entry] = at(map({ params, models }), 'mlflow', 'models') as AimDict[];
    expect(entry!.get('params')).toEqual(
      new Map([
        ['depth', 4n],
        ['seed', 1n],
      ]),
    );
  });

  const history = '[{"run_id": "r", "flavors": {"sklearn": {"code": null}}, "size": 12}]';

  test('of MLflow 2 are read from their tag', () => {
    const attributes = map({ tags: tags({ 'mlflow.log-model.history': history }) });
    expect(at(attributes, 'mlflow', 'system_tags')).toBeUndefined();
    const [entry] = at(attributes, 'mlflow', 'models') as AimDict[];
    expect(entry!.get('size')).toBe(12n);
    expect(at(entry!, 'flavors', 'sklearn')).toEqual(new Map([['code', null]]));
  });

  test.each(['[]', '{}', 'no json'])('a history that is %s stays a tag', (text) => {
    const attributes = map({ tags: tags({ 'mlflow.log-model.history': text }) });
    expect(at(attributes, 'mlflow', 'models')).toBeUndefined();
    expect(at(attributes, 'mlflow', 'system_tags', 'mlflow.log-model.history')).toBe(text);
  });

  test('of MLflow 3 leave the tag alone', () => {
    const attributes = map({ models: [model], tags: tags({ 'mlflow.log-model.history': history }) });
    expect(at(attributes, 'mlflow', 'system_tags', 'mlflow.log-model.history')).toBe(history);
  });
});

/** Every scalar of a tree, as text. */
function* leaves(value: AimValue): Generator<string> {
  if (value instanceof Map) for (const child of value.values()) yield* leaves(child);
  else if (Array.isArray(value)) for (const child of value) yield* leaves(child);
  else yield String(value);
}
