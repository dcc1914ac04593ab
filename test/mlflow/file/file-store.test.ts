import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ExperimentFailure, Warning } from '../../../src/events.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import type { Experiment, Notice, Run, RunRef } from '../../../src/model.js';
import { collect, listening, never, record, silent } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { unprivileged } from '../../support/unprivileged.js';

const RUN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let builder: FileStoreBuilder;
let store: FileStore;
let warnings: string[];
beforeEach(() => {
  builder = new FileStoreBuilder();
  warnings = [];
  store = new FileStore(builder.root, { warn: ({ message }) => warnings.push(message) });
});
afterEach(() => builder.remove());

const experiments = (): Promise<Experiment[]> => collect(store.experiments(never()));

async function runIds(experimentId: string): Promise<string[]> {
  const experiment: Experiment = { id: experimentId, name: '', lifecycleStage: 'active', tags: new Map() };
  return (await collect(store.runs(experiment, never()))).map(({ runId }) => runId);
}

async function readRun(ref = REF): Promise<{ run: Run; notices: Notice[] }> {
  const notices: Notice[] = [];
  return { run: await store.run(ref, listening(notices)), notices };
}

function editMeta(directory: string, edit: (text: string) => string): void {
  const file = join(directory, 'meta.yaml');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
}

describe('experiments', () => {
  test('neither the trash nor the model registry nor a directory without meta.yaml is one', async () => {
    builder.experiment({ id: '0' });
    for (const name of ['models/some model', '.trash', 'notes'])
      mkdirSync(join(builder.root, name), { recursive: true });
    writeFileSync(join(builder.root, 'models', 'meta.yaml'), 'experiment_id: models\nname: models\n');
    writeFileSync(join(builder.root, 'README'), '');
    expect((await experiments()).map(({ id }) => id)).toEqual(['0']);
    expect(warnings).toEqual([]);
  });

  test('those in the trash are deleted, whatever their meta.yaml says', async () => {
    builder.experiment({ id: '1', trashed: true, lifecycleStage: 'active', tags: { team: 'red' } });
    builder.run('1', { runId: RUN });
    expect(await experiments()).toMatchObject([
      { id: '1', lifecycleStage: 'deleted', tags: new Map([['team', 'red']]) },
    ]);
    expect(await collect(store.runs((await experiments())[0]!, never()))).toEqual([
      { runId: RUN, experimentId: '1', locator: `.trash/1/${RUN}` },
    ]);
    expect((await readRun({ ...REF, locator: `.trash/1/${RUN}` })).run.id).toBe(RUN);
  });

  test('one that holds runs and has lost its meta.yaml is passed over with a warning, and its runs are still there', async () => {
    const directory = builder.experiment({ id: '1' });
    builder.run('1', { runId: RUN });
    const [experiment] = await experiments();
    rmSync(join(directory, 'meta.yaml'));
    expect(await experiments()).toEqual([]);
    expect(warnings).toEqual(['Experiment 1 is skipped, as MLflow does: it has no meta.yaml.']);
    expect(await collect(store.runs(experiment!, never()))).toMatchObject([{ runId: RUN }]);
  });

  test('one that cannot be read is told as such, one that is damaged as a warning', () =>
    unprivileged([builder.parent, builder.root], async () => {
      const [closed, damaged] = [builder.experiment({ id: '1' }), builder.experiment({ id: '2' })];
      chmodSync(join(closed, 'meta.yaml'), 0);
      writeFileSync(join(damaged, 'meta.yaml'), ':::[\n');
      const failures: ExperimentFailure[] = [];
      const warn = ({ message }: Warning) => warnings.push(message);
      store = new FileStore(builder.root, { warn, failed: (failure) => failures.push(failure) });
      expect(await experiments()).toEqual([]);
      expect(failures).toEqual([
        {
          id: '1',
          code: 'permission-denied',
          message: expect.stringMatching(/^Experiment 1 is skipped: .*permission denied/),
        },
      ]);
      expect(warnings).toEqual([expect.stringMatching(/^Experiment 2 is skipped/)]);
    }));

  test('an id that is not the directory’s name is passed over with a warning', async () => {
    builder.experiment({ id: '1', name: 'good' });
    const copy = builder.experiment({ id: '2' });
    editMeta(copy, (text) => text.replace("experiment_id: '2'", "experiment_id: '1'"));
    expect((await experiments()).map(({ name }) => name)).toEqual(['good']);
    expect(warnings).toEqual([expect.stringContaining('belongs to experiment 1')]);
  });

  test('one that lies in the trash too is listed once', async () => {
    builder.experiment({ id: '1', trashed: true });
    builder.experiment({ id: '1' });
    expect(await experiments()).toMatchObject([{ id: '1', lifecycleStage: 'active' }]);
    expect(warnings).toHaveLength(1);
  });

  test('ids stay strings: bare integers of old stores, beyond 2^53, with leading zeros', async () => {
    const directory = builder.experiment({ id: '286984091544987137' });
    editMeta(directory, (text) => text.replace("'286984091544987137'", '286984091544987137'));
    builder.experiment({ id: '007' });
    expect((await experiments()).map(({ id }) => id)).toEqual(['007', '286984091544987137']);
  });

  test.each(['', 'artifact_location: /x\nexperim', '\0\0\0', 'a: "b\n'])(
    'a broken meta.yaml (%j) warns, and the others come',
    async (text) => {
      builder.experiment({ id: '2' });
      const broken = builder.experiment({ id: '1' });
      writeFileSync(join(broken, 'meta.yaml'), text);
      expect((await experiments()).map(({ id }) => id)).toEqual(['2']);
      expect(warnings).toEqual([expect.stringContaining(join(broken, 'meta.yaml'))]);
    },
  );

  test('a link to a directory is a directory', async () => {
    const directory = builder.experiment({ id: '1' });
    const outside = join(builder.parent, 'elsewhere');
    mkdirSync(outside);
    writeFileSync(join(outside, 'meta.yaml'), readFileSync(join(directory, 'meta.yaml')));
    rmSync(directory, { recursive: true });
    symlinkSync(outside, directory);
    symlinkSync(join(builder.parent, 'nowhere'), join(builder.root, '9'));
    expect((await experiments()).map(({ id }) => id)).toEqual(['1']);
  });
});

describe('listing runs', () => {
  test('reserved directories and those of artifacts only are no runs', async () => {
    const experiment = builder.experiment({ id: '1', tags: { a: 'b' } });
    builder.run('1', {
      runId: RUN,
      datasets: [{ id: 'd', name: 'd', digest: 'x' }],
      models: [{ id: 'm-1', name: 'm', step: 0 }],
    });
    mkdirSync(join(experiment, 'traces', 'tr-1'), { recursive: true });
    mkdirSync(join(experiment, OTHER, 'artifacts'), { recursive: true });
    expect(await runIds('1')).toEqual([RUN]);
  });

  test('a run without meta.yaml is listed and then rejected', async () => {
    const experiment = builder.experiment({ id: '1' });
    mkdirSync(join(experiment, RUN, 'params'), { recursive: true });
    expect(await runIds('1')).toEqual([RUN]);
    await expect(readRun()).rejects.toMatchObject({
      kind: 'not-a-run',
      message: `${join(experiment, RUN, 'meta.yaml')} does not exist.`,
    });
  });

  test('an experiment that was removed meanwhile has no runs', async () => {
    expect(await runIds('77')).toEqual([]);
  });
});

describe('the header of a run', () => {
  test('of MLflow 0.x: run_uuid, no lifecycle stage, no name, integer ids, points without steps', async () => {
    builder.run('1', { runId: RUN, ancient: true, metrics: { loss: [{ timestamp: 5, value: 0.5, step: 9n }] } });
    const { run, notices } = await readRun();
    expect(run).toMatchObject({ id: RUN, experimentId: '1', lifecycleStage: 'active', status: 'FINISHED' });
    expect(run.name).toBeUndefined();
    expect(notices).toEqual([]);
    const [batch] = await collect(store.history(REF, 'loss', silent()));
    expect(batch).toEqual({
      steps: BigInt64Array.of(0n),
      values: Float64Array.of(0.5),
      timestamps: Float64Array.of(5),
    });
  });

  describe('of MLflow before 1.0, whose source is told by no tag', () => {
    const source = { name: 'train.py', type: 3, version: '0123abc' };

    test('has the tags that a later version would have written', async () => {
      builder.run('1', { runId: RUN, ancient: true, source, tags: { own: 'x' } });
      expect(Object.fromEntries((await readRun()).run.tags)).toEqual({
        own: 'x',
        'mlflow.source.name': 'train.py',
        'mlflow.source.type': 'PROJECT',
        'mlflow.source.git.commit': '0123abc',
      });
    });

    test('keeps the tags that it has, and gets none from empty fields', async () => {
      const tags = { 'mlflow.source.name': 'other.py', 'mlflow.source.type': 'LOCAL' };
      builder.run('1', { runId: RUN, source: { ...source, version: '' }, tags });
      expect(Object.fromEntries((await readRun()).run.tags)).toEqual(tags);
    });
  });

  test.each([
    [1, 'RUNNING'],
    [2, 'SCHEDULED'],
    [3, 'FINISHED'],
    [4, 'FAILED'],
    [5, 'KILLED'],
    [null, 'RUNNING'],
  ] as const)('status %p is %s', async (status, name) => {
    builder.run('1', { runId: RUN, status });
    expect((await readRun()).run.status).toBe(name);
  });

  test('null, empty and missing fields are absent', async () => {
    const directory = builder.run('1', { runId: RUN, endTime: null, entryPoint: '' });
    editMeta(directory, (text) =>
      text.replace(/run_name: .*\n/, "run_name: ''\n").replace('user_id: tester', 'user_id: null'),
    );
    const { run, notices } = await readRun();
    expect(Object.keys(run)).not.toEqual(expect.arrayContaining(['endTime']));
    for (const field of ['endTime', 'entryPoint', 'name', 'userId']) expect(run).not.toHaveProperty(field);
    expect(notices).toEqual([]);
  });

  test('a status or a time that makes no sense is a notice', async () => {
    const directory = builder.run('1', { runId: RUN });
    editMeta(directory, (text) =>
      text.replace('status: 3', 'status: 9').replace('start_time: 1700000000000', 'start_time: soon'),
    );
    const { run, notices } = await readRun();
    expect(run).toMatchObject({ status: 'RUNNING', endTime: 1700000060000 });
    expect(notices).toMatchObject([
      { kind: 'field-unreadable', field: 'status' },
      { kind: 'field-unreadable', field: 'start_time' },
    ]);
  });

  test('names that YAML would take for something else', async () => {
    for (const name of ['1e5', 'null', 'yes', '~', '  spaces  ', 'line\nbreak', "it's", 'ünï 🚀', '2024-01-01']) {
      builder.run('1', { runId: RUN, name });
      expect((await readRun()).run.name).toBe(name);
    }
  });

  test('another run’s or another experiment’s meta.yaml is rejected', async () => {
    const directory = builder.run('1', { runId: RUN });
    editMeta(directory, (text) => text.replace(`run_id: ${RUN}`, `run_id: ${OTHER}`));
    await expect(readRun()).rejects.toMatchObject({
      kind: 'not-a-run',
      message: expect.stringContaining(`run ${OTHER}`),
    });
    editMeta(directory, (text) =>
      text.replace(`run_id: ${OTHER}`, `run_id: ${RUN}`).replace("experiment_id: '1'", "experiment_id: '2'"),
    );
    await expect(readRun()).rejects.toMatchObject({
      kind: 'not-a-run',
      message: expect.stringContaining('experiment 2'),
    });
  });
});

describe('a meta.yaml that is being written', () => {
  test('is looked at again', async () => {
    const file = join(builder.run('1', { runId: RUN, name: 'whole' }), 'meta.yaml');
    const whole = readFileSync(file);
    writeFileSync(file, '');
    const reading = readRun();
    await nextTurn();
    writeFileSync(file, whole);
    expect((await reading).run.name).toBe('whole');
  });

  test('cut anywhere, it gives either the whole header or a not-a-run', async () => {
    const directory = builder.run('1', { runId: RUN, name: 'some name', status: 4 });
    const file = join(directory, 'meta.yaml');
    const whole = readFileSync(file);
    const { run: expected } = await readRun();
    const lengths = [...whole.keys()].filter((length) => length % 7 === 0 || length > whole.length - 30);
    const refs = lengths.map((length) => {
      const cut = new FileStoreBuilder();
      writeFileSync(join(cut.run('1', { runId: RUN }), 'meta.yaml'), whole.subarray(0, length));
      return cut;
    });
    const outcomes = await Promise.allSettled(refs.map((cut) => new FileStore(cut.root).run(REF, silent())));
    for (const cut of refs) cut.remove();
    for (const outcome of outcomes) {
      // the user is the last line: of it a part may be there, as in a file that somebody has edited
      if (outcome.status === 'fulfilled') expect({ ...outcome.value, userId: 'tester' }).toEqual(expected);
      else
        expect(outcome.reason).toMatchObject({ kind: 'not-a-run', message: expect.stringContaining('meta.yaml is') });
    }
    expect(outcomes.at(-1)).toMatchObject({ status: 'fulfilled' });
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(20);
  });

  test('waiting for it ends when the signal is aborted', async () => {
    writeFileSync(join(builder.run('1', { runId: RUN }), 'meta.yaml'), '');
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = store.run(REF, { signal: controller.signal, notice: () => undefined });
    await nextTurn();
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test('a broken run does not keep the others from being read', async () => {
    builder.run('1', { runId: RUN });
    writeFileSync(join(builder.run('1', { runId: OTHER }), 'meta.yaml'), 'run_id: [');
    expect(await runIds('1')).toEqual([RUN, OTHER]);
    await expect(readRun({ ...REF, runId: OTHER, locator: `1/${OTHER}` })).rejects.toMatchObject({ kind: 'not-a-run' });
    expect((await readRun()).run.id).toBe(RUN);
  });
});

describe('params and tags', () => {
  test('the whole file is the value; any name is a key', async () => {
    const params = {
      text: 'a\nb\r\nc\n',
      empty: '',
      'a/b/c': '1',
      '.hidden': '2',
      '-x': '3',
      constructor: '4',
      bom: '\ufeffx',
    };
    builder.run('1', { runId: RUN, params: { ...params, long: 'ü'.repeat(100_000) }, tags: { 'mlflow.user': 'me' } });
    writeFileSync(join(builder.root, '1', RUN, 'params', '__proto__'), '5');
    const { run, notices } = await readRun();
    expect(run.params.get('__proto__')).toBe('5');
    expect(run.params.get('long')).toBe('ü'.repeat(100_000));
    expect(record(run.params)).toMatchObject(params);
    expect(record(run.tags)).toEqual({ 'mlflow.user': 'me' });
    expect(notices).toEqual([]);
  });

  test('bytes that are no UTF-8 are replaced and told; a real U+FFFD is not', async () => {
    builder.run('1', { runId: RUN, params: { latin: Buffer.from([0x63, 0xe9]), real: '\uFFFD' } });
    const { run, notices } = await readRun();
    expect(record(run.params)).toEqual({ latin: 'c\uFFFD', real: '\uFFFD' });
    expect(notices).toEqual([{ kind: 'text-replaced', path: 'params/latin' }]);
  });

  test('an empty file that is being rewritten is looked at again', async () => {
    const directory = builder.run('1', { runId: RUN, params: { lr: '', really: '' } });
    const reading = readRun();
    await nextTurn();
    writeFileSync(join(directory, 'params', 'lr'), '0.1');
    expect(record((await reading).run.params)).toEqual({ lr: '0.1', really: '' });
  });

  test('a file that cannot be read is a notice, and the others are read', async () => {
    const directory = builder.run('1', { runId: RUN, params: { good: '1' }, tags: { good: '2' } });
    symlinkSync(join(directory, 'nowhere'), join(directory, 'params', 'dangling'));
    symlinkSync('loop', join(directory, 'tags', 'loop'));
    const { run, notices } = await readRun();
    expect([record(run.params), record(run.tags)]).toEqual([{ good: '1' }, { good: '2' }]);
    expect(notices).toMatchObject([
      { kind: 'field-unreadable', field: 'params/dangling', file: join(directory, 'params', 'dangling') },
      { kind: 'field-unreadable', field: 'tags/loop', file: join(directory, 'tags', 'loop') },
    ]);
  });

  test('without the right to read, a param is a notice and a run fails as unreadable, not as no run', () =>
    unprivileged([builder.parent, builder.root], async () => {
      const directory = builder.run('1', { runId: RUN, params: { secret: '1', open: '2' } });
      chmodSync(join(directory, 'params', 'secret'), 0);
      const { run, notices } = await readRun();
      expect(record(run.params)).toEqual({ open: '2' });
      expect(notices).toMatchObject([{ field: 'params/secret', detail: expect.stringContaining('permission denied') }]);
      chmodSync(join(directory, 'meta.yaml'), 0);
      await expect(readRun()).rejects.toMatchObject({ kind: 'skip-run' });
    }));

  test('directories that a copy has lost are empty', async () => {
    const directory = builder.run('1', { runId: RUN });
    for (const part of ['params', 'tags', 'metrics', 'artifacts']) rmSync(join(directory, part), { recursive: true });
    const { run, notices } = await readRun();
    expect([run.params.size, run.tags.size]).toEqual([0, 0]);
    expect(await store.metricKeys(REF, silent())).toEqual([]);
    expect(await collect(store.artifacts(REF, run, listening(notices)))).toEqual([]);
    expect(notices).toEqual([]);
  });
});

describe('datasets and models', () => {
  const dataset = { id: 'd1', name: 'train set ü', digest: 'x', context: 'training', source: `{"uri": "it's"}` };

  test('are found through inputs and outputs', async () => {
    builder.run('1', {
      runId: RUN,
      datasets: [dataset, { id: 'd0', name: 'eval', digest: 'y' }],
      models: [
        { id: 'm-1', name: 'net', step: 12, params: { 'a/b': '1' }, tags: { t: '2' } },
        { id: 'm-2', name: 'gone', step: 1, lifecycleStage: 'deleted' },
      ],
    });
    const { run, notices } = await readRun();
    expect(run.datasets).toEqual([
      { name: 'eval', digest: 'y', sourceType: 'local', source: '{"uri": "/data"}' },
      { name: 'train set ü', digest: 'x', context: 'training', sourceType: 'local', source: `{"uri": "it's"}` },
    ]);
    expect(run.models).toEqual([
      {
        modelId: 'm-1',
        name: 'net',
        status: 'READY',
        step: 12n,
        artifactUri: join(builder.root, '1', 'models', 'm-1', 'artifacts'),
        params: new Map([['a/b', '1']]),
        tags: new Map([['t', '2']]),
      },
    ]);
    expect(notices).toEqual([]);
  });

  test('models that the run made without having them among its outputs are its models too', async () => {
    const run = builder.run('1', {
      runId: RUN,
      models: ['m-2', 'm-1'].map((id) => ({ id, name: `net ${id}`, step: 3 })),
    });
    expect((await readRun()).run.models.map(({ modelId, step }) => [modelId, step])).toEqual([
      ['m-1', 3n],
      ['m-2', 3n],
    ]);
    rmSync(join(run, 'outputs', 'm-2'), { recursive: true });
    expect((await readRun()).run.models.map(({ modelId, step }) => [modelId, step])).toEqual([
      ['m-1', 3n],
      ['m-2', undefined],
    ]);
    rmSync(join(run, 'outputs'), { recursive: true });
    expect((await readRun()).run.models).toHaveLength(2);
  });

  test('broken ones are notices, and the others are read', async () => {
    const run = builder.run('1', { runId: RUN, datasets: [dataset], models: [{ id: 'm-1', name: 'net', step: 0 }] });
    const experiment = join(builder.root, '1');
    mkdirSync(join(run, 'inputs', 'bare'));
    mkdirSync(join(run, 'inputs', 'away'));
    writeFileSync(
      join(run, 'inputs', 'away', 'meta.yaml'),
      'source_id: ../../../secret\nsource_type: DATASET\ntags: {}\n',
    );
    mkdirSync(join(run, 'inputs', 'model'));
    writeFileSync(join(run, 'inputs', 'model', 'meta.yaml'), 'source_id: m-9\nsource_type: MODEL\ntags: {}\n');
    rmSync(join(experiment, 'models', 'm-1'), { recursive: true });
    const { run: read, notices } = await readRun();
    expect(read.datasets.map(({ name }) => name)).toEqual([dataset.name]);
    expect(read.models).toEqual([]);
    expect(notices).toMatchObject([
      { kind: 'field-unreadable', field: 'inputs/away' },
      { kind: 'field-unreadable', field: 'inputs/bare', detail: expect.stringContaining('does not exist') },
      { kind: 'field-unreadable', field: 'models/m-1' },
    ]);
  });
});

describe('metrics', () => {
  test('keys are paths; names that begin with a dot or a dash are keys', async () => {
    const metrics = { 'a/b/c': '1 1.0 0\n', '.hidden': '', '-x': '', 'with space': '', größe: '', __proto__x: '' };
    builder.run('1', { runId: RUN, metrics });
    expect(await store.metricKeys(REF, silent())).toEqual(Object.keys(metrics).sort());
  });

  test.each([
    [1, [0.5]],
    [2, [0.5]],
    [3, [0.5, 0.12]],
    [4, [0.5, 0.12]],
    [5, [0.5, 0.12]],
  ])('status %d decides about a last line without newline', async (status, values) => {
    builder.run('1', { runId: RUN, status, metrics: { loss: '1 0.5 0\n2 0.12' } });
    const batches = await collect(store.history(REF, 'loss', silent()));
    expect(batches.flatMap((batch) => [...batch.values])).toEqual(values);
  });

  test('a bad line is named by file and number', async () => {
    const directory = builder.run('1', { runId: RUN, metrics: { 'train/loss': '1 0.5 0\n2 oops 1\n3 0.7 2\n' } });
    const notices: Notice[] = [];
    const batches = await collect(store.history(REF, 'train/loss', listening(notices)));
    expect(batches.flatMap((batch) => [...batch.values])).toEqual([0.5, 0.7]);
    expect(notices).toEqual([
      {
        kind: 'line-skipped',
        metric: 'train/loss',
        file: join(directory, 'metrics', 'train', 'loss'),
        line: 2,
        reason: 'its value "oops" is not a number',
      },
    ]);
  });
});
