import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { RestStore } from '../../src/mlflow/rest/rest-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { answer, clientOf, serverWith } from '../mlflow/rest/client-of.js';
import type { FakeRun, FakeServer, Interception } from '../mlflow/rest/fake-server.js';
import { convert as convertByCommand } from '../support/command-line.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { series } from '../support/example-store.js';
import { heldOf } from '../support/held-run.js';
import { essence, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { expectKept, expectWhole } from '../support/unread-parts-law.js';

/** The law of docs/mapping.md for a tracking server, which gives a run in many answers, of which any may fail. */

const RUN = 'a'.repeat(32);
const ROOT = `1/${RUN}/artifacts`;

const WHOLE: FakeRun = {
  runId: RUN,
  experimentId: '1',
  name: 'calm owl',
  start: NOW - 10_000,
  params: { lr: '0.01', text: "'1'" },
  tags: { team: 'red', 'mlflow.note.content': '# Why', 'mlflow.user': 'eve' },
  metrics: { loss: series(40), 'val/acc': series(5), growing: series(3) },
  datasets: [{ name: 'digits', digest: '1', context: 'train', tags: { kind: 'x' } }],
  models: [
    { id: 'm1', name: 'net', step: 3 },
    { id: 'm2', name: 'tree', step: 7 },
    { id: 'm3', name: 'no output' },
  ],
  artifacts: {
    'a.txt': 'text',
    'gone.txt': 'soon',
    'train.log': 'one\ntwo',
    'model.bin': 'bytes',
    'plots/1.png': sampleImage('png RGB'),
    'plots/2.png': sampleImage('png RGBA'),
    'plots/deep/3.png': sampleImage('png RGB'),
    'plots/notes.md': 'größe',
  },
};

/** How an answer fails. */
const ANSWERS = {
  'forbidden (403)': (response) => refuse(response, 403, 'PERMISSION_DENIED'),
  'not found (404)': (response) => refuse(response, 404, 'RESOURCE_DOES_NOT_EXIST'),
  'broken (500)': (response) => refuse(response, 500, 'INTERNAL_ERROR'),
  'no such endpoint (404)': (response) => answer(response, '<!doctype html>Not Found', {}, 404),
  'a web page': (response) => answer(response, '<!doctype html>Sign in', { 'content-type': 'text/html' }),
  'nothing at all': (response) => answer(response, '{}'),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"files": [', () => response.destroy());
    return true;
  },
  'half a list': (response, url) => {
    if (url.searchParams.has('page_token')) return refuse(response, 403, 'PERMISSION_DENIED');
    const file = { path: 'a.txt', is_dir: false, file_size: 4 };
    return answer(response, JSON.stringify({ files: [file], next_page_token: 'x' }));
  },
  'no points': (response) => answer(response, '{"metrics": []}'),
} satisfies Record<string, (response: ServerResponse, url: URL) => true>;
type How = keyof typeof ANSWERS;

function refuse(response: ServerResponse, status: number, code: string): true {
  return answer(response, JSON.stringify({ error_code: code, message: 'Not now.' }), {}, status);
}

/** What may fail: the list of a directory, a file, the list of models, a model, a history. */
type Place = `list ${string}` | `file ${string}` | 'models' | `model ${string}` | `history ${string}`;

interface Trouble {
  readonly place: Place;
  readonly how: How;
}

const troublesAt = (place: Place, ...ways: How[]): Trouble[] => ways.map((how) => ({ place, how }));

const TROUBLES: readonly Trouble[] = [
  ...troublesAt(
    'list ',
    'forbidden (403)',
    'not found (404)',
    'broken (500)',
    'a web page',
    'nothing at all',
    'half an answer',
    'half a list',
  ),
  ...troublesAt('list plots', 'forbidden (403)', 'not found (404)', 'broken (500)', 'half an answer'),
  ...troublesAt('list plots/deep', 'not found (404)'),
  ...troublesAt('file a.txt', 'forbidden (403)', 'not found (404)', 'broken (500)', 'half an answer'),
  ...troublesAt('file plots/1.png', 'forbidden (403)', 'not found (404)'),
  ...troublesAt('file train.log', 'forbidden (403)'),
  ...troublesAt('models', 'forbidden (403)', 'broken (500)', 'no such endpoint (404)'),
  ...troublesAt('model m1', 'forbidden (403)', 'broken (500)', 'no such endpoint (404)'),
  ...troublesAt('model m3', 'forbidden (403)'),
  ...troublesAt('history loss', 'no points'),
  ...troublesAt('history val/acc', 'no points'),
];

/** What fails the run as a whole, which is left as it was. */
const FAILURES: readonly Trouble[] = troublesAt(
  'history loss',
  'forbidden (403)',
  'not found (404)',
  'broken (500)',
  'half an answer',
);

/** The first way of each place: how an answer fails is the same to every run, and all ways are tried with one that has ended. */
function oneWayEach(troubles: readonly Trouble[]): Trouble[] {
  return troubles.filter(({ place }, i) => troubles.findIndex((other) => other.place === place) === i);
}

const isPruned = ({ place }: Trouble) => place.startsWith('history ');

/** What a request asks for. */
function placeOf(url: URL): Place | undefined {
  const { pathname, searchParams } = url;
  const path = pathname.replace(/^\/(ajax-)?api\/2\.0\/(mlflow\/)?/, '');
  const given = searchParams.get('path') ?? '';
  if (path === 'artifacts/list') return `list ${given}`;
  if (path === 'mlflow-artifacts/artifacts') return `list ${given.slice(ROOT.length + 1)}`;
  if (path === '/get-artifact') return `file ${given}`;
  if (path.startsWith('mlflow-artifacts/artifacts/')) return `file ${path.slice(path.indexOf(ROOT) + ROOT.length + 1)}`;
  if (path === 'logged-models/search') return 'models';
  if (path.startsWith('logged-models/')) return `model ${path.slice('logged-models/'.length)}`;
  return path.startsWith('metrics/get-history') ? `history ${searchParams.get('metric_key')}` : undefined;
}

/** What goes on meanwhile. */
interface Happening {
  /** The directory of artifacts whose list shows it. */
  readonly directory?: string;
  readonly change: (run: FakeRun) => Partial<FakeRun>;
  /** What Aim then holds differently, by its key; others whose keys begin with it may differ, too. */
  readonly shows: string;
  readonly alsoShows?: string;
}

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  tag: {
    change: ({ tags }) => ({ tags: { ...tags, team: 'blue' } }),
    shows: 'attribute tags team',
    alsoShows: 'attribute mlflow user_tags team',
  },
  name: { change: () => ({ name: 'loud owl' }), shows: 'attribute mlflow_run_name', alsoShows: 'row ' },
  param: { change: ({ params }) => ({ params: { ...params, new: 'x' } }), shows: 'attribute params new' },
  'removed param': {
    change: ({ params: { text: _, ...params } = {} }) => ({ params }),
    shows: 'attribute params text',
  },
  metric: { change: ({ metrics }) => ({ metrics: { ...metrics, late: series(2) } }), shows: 'metric late  points' },
  points: {
    change: ({ metrics }) => ({ metrics: { ...metrics, growing: series(9) } }),
    shows: 'metric growing  points',
    alsoShows: 'metric growing ',
  },
  text: { directory: '', change: withArtifact('new.txt', 'new'), shows: 'file new.txt' },
  'removed text': {
    directory: '',
    change: ({ artifacts: { 'gone.txt': _, ...artifacts } = {} }) => ({ artifacts }),
    shows: 'file gone.txt',
  },
  image: {
    directory: 'plots',
    change: withArtifact('plots/15.png', sampleImage('png RGBA')),
    shows: 'file plots/15.png',
  },
  end: { change: () => ({ status: 'FAILED', end: NOW - 500 }), shows: 'attribute mlflow info status' },
};

function withArtifact(path: string, content: string | Uint8Array): Happening['change'] {
  return ({ artifacts }) => ({ artifacts: { ...artifacts, [path]: content } });
}

/** Whether what happens shows only in a list that fails. */
function isHidden({ directory }: Happening, { place }: Trouble): boolean {
  return directory !== undefined && (place === 'list ' || place === `list ${directory}`);
}

/** How the run is when it is first converted, and how it is read. */
interface Setting {
  readonly active: boolean;
  /** The server gives the files by its proxy, or lists and fetches them where they lie. */
  readonly proxied: boolean;
  /** The server keeps its runs in files. */
  readonly keepsFiles: boolean;
  /** One store reads all the time, as under a watch, and not a new one each time. */
  readonly watched: boolean;
}

class Scene {
  readonly repository = temporaryDirectory();
  #store: RestStore | undefined;

  private constructor(
    readonly server: FakeServer,
    private readonly watched: boolean,
  ) {}

  static async open({ active, proxied, keepsFiles, watched }: Setting): Promise<Scene> {
    const run: FakeRun = {
      ...WHOLE,
      ...(active ? { status: 'RUNNING' } : { end: NOW - 1000 }),
      ...(!proxied && { artifactUri: `s3://bucket/${ROOT}` }),
    };
    const experiments = [{ id: '1', name: 'mnist' }];
    return new Scene(await serverWith(undefined, { experiments, runs: [run], keepsFiles }), watched);
  }

  #open(): RestStore {
    return new RestStore(clientOf(this.server.uri, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' }));
  }

  async convert(into = this.repository) {
    this.#store ??= this.#open();
    const store = this.watched && into === this.repository ? this.#store : this.#open();
    const options = { artifacts: { ...DEFAULT_ARTIFACTS, terminalLog: 'train.log' }, mapping: DEFAULT_MAPPING };
    return (await convertOnce(store, Repository.open(into), {}, options)).results[0]!;
  }

  change(changed: (run: FakeRun) => Partial<FakeRun>): void {
    const { runs } = this.server.content;
    runs[0] = { ...runs[0]!, ...changed(runs[0]!) };
  }

  /** Until {@link recover}; `met` hears of each answer that fails. */
  fail({ place, how }: Trouble, met = () => {}): void {
    const intercept: Interception = (request, response) => {
      const url = new URL(request.url ?? '', this.server.uri);
      if (placeOf(url) !== place) return false;
      met();
      return ANSWERS[how](response, url);
    };
    this.server.intercept = intercept;
  }

  recover(): void {
    this.server.intercept = () => false;
  }

  async expectWhole(): Promise<void> {
    await expectWhole(this.repository, (fresh) => this.convert(fresh));
  }
}

async function play(setting: Setting, trouble: Trouble, events: readonly string[]): Promise<void> {
  // The proxy gives a directory in one answer.
  const proxied = setting.proxied && trouble.how !== 'half a list';
  const scene = await Scene.open({ ...setting, proxied });
  expect((await scene.convert()).report).toMatchObject({ outcome: 'new' });
  const before = heldOf(scene.repository, RUN);
  let isAsked = false;
  scene.fail(trouble, () => {
    isAsked = true;
  });
  const happened = events.map((event) => HAPPENINGS[event]!).filter((happening) => !isHidden(happening, trouble));
  for (const { change } of happened) scene.change(change);
  scene.change(({ tags }) => ({ tags: { ...tags, seen: '1' } }));

  const { report } = await scene.convert();
  expect(report.outcome).toBe('updated');
  // Of a run that goes on files and histories that Aim has may be left unread.
  if (!setting.active || events.includes('end')) expect(isAsked).toBe(true);
  if (isAsked) expectTold(report, trouble);
  const held = heldOf(scene.repository, RUN);
  const shown = happened.flatMap(({ shows, alsoShows = shows }) => [shows, alsoShows]);
  expectKept(before, held, (key) => shown.some((begin) => key.startsWith(begin)));
  for (const { shows } of happened) expect([shows, held.get(shows)]).not.toEqual([shows, before.get(shows)]);
  expect(held.get('attribute tags seen')).toBe('"1"');
  expect(staleChecksums(scene.repository)).toEqual([]);
  // A second look changes nothing.
  const again = essence(scene.repository);
  const second = await scene.convert();
  if (isAsked) expectTold(second.report, trouble);
  expect(essence(scene.repository)).toEqual(again);

  scene.recover();
  // Of a history that was empty the run must tell that there is something new.
  if (isPruned(trouble)) scene.change(({ tags }) => ({ tags: { ...tags, seen: '2' } }));
  expect((await scene.convert()).report.incomplete).toBeUndefined();
  await scene.expectWhole();
}

type Reported = Awaited<ReturnType<Scene['convert']>>['report'];

/** What could not be read makes a run incomplete, but points that MLflow no longer has. */
function expectTold({ outcome, incomplete, notices }: Reported, trouble: Trouble): void {
  const [what = '', ...names] = trouble.place.split(' ');
  const item = names.join(' ');
  if (isPruned(trouble)) {
    expect(incomplete).toBeUndefined();
    if (outcome === 'updated') expect(notices).toContainEqual({ kind: 'history-missing', metric: item });
    return;
  }
  const unread = what.startsWith('model') ? { part: 'models' } : { part: 'artifacts', ...(item && { item }) };
  expect(incomplete).toEqual([expect.objectContaining(unread)]);
}

const named = (troubles: readonly Trouble[]) =>
  troubles.map((trouble) => [trouble.place, trouble.how, trouble] as const);

const PLAIN = { proxied: true, keepsFiles: false, watched: false };

describe.each<[string, boolean, readonly string[]]>([
  ['has ended', false, []],
  ['goes on', true, []],
  ['ends meanwhile', true, ['end']],
])('of a run that %s', (_, active, ending) => {
  const tried = (troubles: readonly Trouble[]) => named(active ? oneWayEach(troubles) : troubles);
  // What a list does not give is the same to a run that ends.
  const troubles = ending.length === 0 ? TROUBLES : TROUBLES.filter(({ place }) => !place.startsWith('list '));

  test.each(tried(troubles))('what "%s" would give stays (%s)', async (_place, _how, trouble) => {
    const events = ['tag', 'metric', 'removed param', 'removed text', 'image', ...ending];
    await play({ ...PLAIN, active }, trouble, events);
  });

  test.each(tried(FAILURES))('all stays as it was when "%s" fails (%s)', async (_place, how, trouble) => {
    const scene = await Scene.open({ ...PLAIN, active });
    await scene.convert();
    const before = essence(scene.repository);
    scene.fail(trouble);
    scene.change(({ metrics }) => ({ metrics: { ...metrics, loss: series(41) } }));
    for (const event of ['tag', ...ending]) scene.change(HAPPENINGS[event]!.change);
    // a server that forbids a metric forbids reading runs
    if (how === 'forbidden (403)') await expect(scene.convert()).rejects.toMatchObject({ kind: 'fatal' });
    else expect((await scene.convert()).report).toMatchObject({ outcome: 'failed' });
    expect(essence(scene.repository)).toEqual(before);
    scene.recover();
    await scene.convert();
    await scene.expectWhole();
  });
});

test('any part stays while it cannot be read, whatever else happens and however it is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ active: fc.boolean(), proxied: fc.boolean(), keepsFiles: fc.boolean(), watched: fc.boolean() }),
      fc.constantFrom(...TROUBLES),
      fc.uniqueArray(fc.constantFrom(...Object.keys(HAPPENINGS)), { maxLength: 4 }),
      (setting, trouble, events) => play(setting, trouble, events),
    ),
    { numRuns: 15 },
  );
});

test('the exit code says that something could not be read, until it could', async () => {
  const scene = await Scene.open({ ...PLAIN, active: false });
  const convert = (code: number) => convertByCommand(scene.server.uri, scene.repository, [], code);
  expect((await convert(0)).runs).toMatchObject([{ outcome: 'new' }]);
  scene.fail({ place: 'list ', how: 'forbidden (403)' });
  scene.change(HAPPENINGS.tag!.change);
  expect((await convert(3)).runs).toMatchObject([{ outcome: 'updated', incomplete: [{ part: 'artifacts' }] }]);
  scene.recover();
  expect((await convert(0)).runs).toMatchObject([{ outcome: 'updated' }]);
});
