import { describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactPlace, ArtifactRecord, Notice } from '../../src/model.js';
import { type ArtifactPolicy, DEFAULT_ARTIFACTS } from '../../src/policies.js';
import { classifyArtifacts } from '../../src/stages/classify-artifacts.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { makeRun } from '../mapping/fixtures.js';

const REF = { runId: 'r', experimentId: '1', locator: '' };
const RUN = makeRun();
const URI = 'file:///store/1/r/artifacts/';
const PNG = sampleImage('png RGB');

const utf8 = (text: string) => new TextEncoder().encode(text);
const FIGURE = '{"data":[{"y":[1]}],"layout":{}}';
const PLOT = `Plotly.newPlot("id",[{"y":[1]}],{})`;
const linkTo = (path: string) => ({ type: 'link', path, uri: URI + path });

/** What a file of the store in memory holds: its bytes, an error, or chunks that are made as they are asked for. */
type Content = Uint8Array | Error | (() => AsyncGenerator<Uint8Array>);

/** A store in memory that remembers what was done with it. */
class MemoryStore implements Pick<TrackingStore, 'artifacts' | 'openArtifact'> {
  readonly opened: string[] = [];
  /** Files that are open now. */
  open = 0;
  /** What a listing says of sizes, where it is not the truth; undefined where it says nothing. */
  readonly sizes = new Map<string, number | undefined>();

  constructor(private readonly files: ReadonlyMap<string, Content>) {}

  async *artifacts(): AsyncGenerator<ArtifactFile> {
    for (const [path, content] of this.files) {
      const size = this.sizes.has(path) ? this.sizes.get(path) : content instanceof Uint8Array ? content.length : 1;
      yield { path, uri: URI + path, ...(size === undefined ? {} : { size }) };
    }
  }

  async *openArtifact(_: unknown, __: unknown, file: ArtifactFile): AsyncGenerator<Uint8Array> {
    this.opened.push(file.path);
    this.open++;
    try {
      const content = this.files.get(file.path)!;
      if (content instanceof Error) throw content;
      if (typeof content === 'function') yield* content();
      else for (let at = 0; at < content.length; at += 10) yield content.subarray(at, at + 10);
    } finally {
      this.open--;
    }
  }
}

const store = (files: Record<string, Content>) => new MemoryStore(new Map(Object.entries(files)));

const bySequence = (places: readonly ArtifactPlace[]) =>
  places.toSorted((a, b) => (a.sequence < b.sequence ? -1 : Number(a.sequence > b.sequence)));

function classify(
  source: MemoryStore,
  policy: Partial<ArtifactPolicy> = {},
  signal: AbortSignal = new AbortController().signal,
  arrange: (places: readonly ArtifactPlace[]) => readonly ArtifactPlace[] = bySequence,
) {
  const notices: Notice[] = [];
  const context = { signal, notice: (notice: Notice) => notices.push(notice) };
  const records = classifyArtifacts(source, { ref: REF, run: RUN }, { ...DEFAULT_ARTIFACTS, ...policy }, context, {
    arrange,
  });
  return { records, notices };
}

async function collect(source: MemoryStore, policy: Partial<ArtifactPolicy> = {}) {
  const { records, notices } = classify(source, policy);
  const all: ArtifactRecord[] = [];
  for await (const record of records) all.push(record);
  return {
    notices,
    artifacts: all.filter((record) => record.type === 'artifact'),
    links: all.filter((record) => record.type === 'link'),
    paths: all.map((record) => (record.type === 'artifact' ? record.place.file.path : `-> ${record.path}`)),
  };
}

describe('what becomes of a file', () => {
  test('an image is handed on with its bytes and what its header says', async () => {
    const { artifacts, notices } = await collect(store({ 'images/UPPER.PNG': sampleImage('jpeg L') }));
    expect(artifacts).toEqual([
      {
        type: 'artifact',
        place: {
          role: 'image',
          sequence: 'images',
          step: 0n,
          grouped: true,
          file: { path: 'images/UPPER.PNG', uri: `${URI}images/UPPER.PNG`, size: sampleImage('jpeg L').length },
        },
        bytes: sampleImage('jpeg L'),
        image: { width: 3, height: 2, format: 'jpeg', mode: 'L' },
      },
    ]);
    expect(notices).toEqual([]);
  });

  test('audio and text are handed on as they are', async () => {
    const text = utf8('\ufeffüber\r\n\0');
    const { artifacts, notices } = await collect(
      store({ 'Mixed.WaV': Uint8Array.from([1, 2, 0xff]), 'a b/ünï\n🚀.MD': text, 'empty.txt': new Uint8Array() }),
    );
    expect(
      artifacts.map(({ place, bytes, image }) => [place.role, place.sequence, place.grouped, [...bytes], image]),
    ).toEqual([
      ['audio', 'Mixed.WaV', false, [1, 2, 0xff], undefined],
      ['text', 'a b/ünï\n🚀.MD', false, [...text], undefined],
      ['text', 'empty.txt', false, [], undefined],
    ]);
    expect(notices).toEqual([]);
  });

  test('the figures of a page are steps of a sequence; a page without any is a link', async () => {
    const source = store({
      'plots/roc.HTML': utf8(`<p>${PLOT}</p>${PLOT}`),
      'readme.html': utf8('<p>Plotly.newPlot(gd, data)</p>'),
      'large.htm': utf8(PLOT),
    });
    source.sizes.set('large.htm', 101);
    const { artifacts, links, notices } = await collect(source, { maxSize: 100 });
    expect(
      artifacts.map(({ place, bytes }) => [place.role, place.sequence, place.step, Buffer.from(bytes).toString()]),
    ).toEqual([
      ['figure', 'plots/roc.HTML', 0n, FIGURE],
      ['figure', 'plots/roc.HTML', 1n, FIGURE],
    ]);
    expect(links).toEqual([linkTo('large.htm'), linkTo('readme.html')]);
    expect(notices).toMatchObject([
      { path: 'large.htm', reason: 'too-large', size: 101 },
      { path: 'readme.html', reason: 'no-kind' },
    ]);
  });

  test('a page with figures that are too large is a link, and so is one that is larger than was listed', async () => {
    const source = store({ 'a.html': utf8(PLOT), 'b.html': utf8(PLOT + ' '.repeat(200)) });
    source.sizes.set('b.html', undefined);
    const { paths, notices } = await collect(source, { maxTextSize: 20, maxSize: 200 });
    expect(paths).toEqual(['-> a.html', '-> b.html']);
    expect(notices).toMatchObject([
      { path: 'a.html', reason: 'too-large', detail: expect.stringContaining('figures of a page') },
      { path: 'b.html', reason: 'too-large' },
    ]);
  });

  test('JSON of a figure is that, and no text; each file is read once', async () => {
    const source = store({ 'fig.json': utf8(` ${FIGURE}\n`), 'other.json': utf8('{"data": [], "layout": 1}') });
    const { artifacts, links } = await collect(source);
    expect(artifacts.map(({ place, bytes }) => [place.role, place.sequence, Buffer.from(bytes).toString()])).toEqual([
      ['figure', 'fig.json', ` ${FIGURE}\n`],
      ['text', 'other.json', '{"data": [], "layout": 1}'],
    ]);
    expect(artifacts[0]!.place).not.toHaveProperty('tentative');
    expect(links).toEqual([]);
    expect(source.opened).toEqual(['fig.json', 'other.json']);
  });

  test('a table is shown beside its text', async () => {
    const source = store({ 't.csv': utf8('a,b\n1,2\n'), 'none.csv': utf8('a,b\n') });
    const { artifacts } = await collect(source);
    expect(artifacts.map(({ place, bytes }) => [place.role, place.sequence, Buffer.from(bytes).toString()])).toEqual([
      ['text', 'none.csv', 'a,b\n'],
      ['text', 't.csv', 'a,b\n1,2\n'],
      ['table', 't.csv', '|   a |   b |\n| --: | --: |\n|   1 |   2 |\n'],
    ]);
  });

  test('tables that do not fit into memory until their turn are made again', async () => {
    const cell = 'x'.repeat(58);
    const row = `${Array.from({ length: 20 }, () => cell).join()}\n`;
    const files = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`${i}.csv`, utf8(row.repeat(201))]));
    const source = store(files);
    const roles = ['text', 'table'];
    const byRole = (places: readonly ArtifactPlace[]) =>
      places.toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role));
    const { records } = classify(source, {}, undefined, byRole);
    const tables = [];
    for await (const record of records)
      if (record.type === 'artifact' && record.place.role === 'table') tables.push(record);
    expect(new Set(tables.map(({ bytes }) => bytes.length)).size).toBe(1);
    expect(tables).toHaveLength(24);
    expect(source.opened.length).toBeGreaterThan(24);
  });

  test('text that is no UTF-8 is replaced, and that is told once', async () => {
    const source = store({ 'latin1.txt': Uint8Array.from([0x67, 0x72, 0xfc, 0x6e]) });
    const { artifacts, notices } = await collect(source, { terminalLog: '*.txt' });
    expect(artifacts.map(({ place, bytes }) => [place.role, Buffer.from(bytes).toString()])).toEqual([
      ['text', 'gr\ufffdn'],
      ['log', 'gr\ufffdn'],
    ]);
    expect(notices).toEqual([{ kind: 'text-replaced', path: 'latin1.txt' }]);
  });

  test('a file of no kind is linked, and not opened', async () => {
    const source = store({ 'b/model.pkl': utf8('x'), MLmodel: utf8('yz') });
    const { links, notices } = await collect(source);
    expect(links).toEqual([linkTo('MLmodel'), linkTo('b/model.pkl')]);
    expect(notices).toEqual([
      skipped('MLmodel', 'no-kind', 'Aim has no place for files without an extension.', 2),
      skipped('b/model.pkl', 'no-kind', 'Aim has no place for .pkl files.', 1),
    ]);
    expect(source.opened).toEqual([]);
  });

  test('what is no image by its bytes is linked', async () => {
    const { links, notices, artifacts } = await collect(
      store({ 'bad/corrupt.png': PNG.subarray(0, 20), 'bad/empty.png': new Uint8Array(), 'good.png': PNG }),
    );
    expect(artifacts).toHaveLength(1);
    expect(links).toEqual([linkTo('bad/corrupt.png'), linkTo('bad/empty.png')]);
    expect(notices).toEqual([
      skipped('bad/corrupt.png', 'not-an-image', 'Its first bytes are of no image that Aim can show.', 20),
      skipped('bad/empty.png', 'not-an-image', 'The file is empty.', 0),
    ]);
  });

  test('what cannot be read is linked, and the others go on', async () => {
    const gone = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    const { paths, notices } = await collect(
      store({
        'a.png': new ConvertError('skip-item', 'unexpected', 'The server says 404.'),
        'b.txt': gone,
        'c.txt': new ConvertError('skip-item', 'unexpected', 'The file is busy.', { hint: 'Try again.' }),
        'd.txt': utf8('fine'),
        'e.wav': new Error('socket hang up'),
      }),
    );
    expect(paths).toEqual(['d.txt', '-> a.png', '-> b.txt', '-> c.txt', '-> e.wav']);
    expect(notices).toEqual([
      skipped('a.png', 'unreadable', 'The server says 404.', 1),
      skipped('b.txt', 'unreadable', `${URI}b.txt does not exist.`, 1),
      skipped('c.txt', 'unreadable', 'The file is busy. Try again.', 1),
      skipped('e.wav', 'unreadable', `socket hang up. (${URI}e.wav)`, 1),
    ]);
  });

  test.each(['skip-run', 'fatal'] as const)('an error that is %s ends it', async (kind) => {
    const error = new ConvertError(kind, 'unexpected', 'No.');
    await expect(collect(store({ 'a.png': PNG, 'b.txt': error, 'c.txt': utf8('c') }))).rejects.toBe(error);
  });
});

describe('the size limits', () => {
  const limits = { maxSize: 200, maxTextSize: 25 };

  test('are one for text and one for the rest, and a file of just that size passes', async () => {
    const source = store({
      'a.txt': new Uint8Array(25),
      'b.txt': new Uint8Array(26),
      'c.wav': new Uint8Array(200),
      'd.wav': new Uint8Array(201),
    });
    const { paths, notices } = await collect(source, limits);
    expect(paths).toEqual(['a.txt', 'c.wav', '-> b.txt', '-> d.wav']);
    expect(notices).toEqual([
      skipped('b.txt', 'too-large', 'The limit for such files is 25 bytes; this one has 26 bytes.', 26),
      skipped('d.wav', 'too-large', 'The limit for such files is 200 bytes; this one has 201 bytes.', 201),
    ]);
    expect(source.opened).toEqual(['a.txt', 'c.wav']);
  });

  test.each([undefined, 5])('hold when the listing says %s', async (size) => {
    let chunks = 0;
    const endless = async function* () {
      for (;;) {
        chunks++;
        yield new Uint8Array(10);
      }
    };
    const source = store({ 'a.txt': endless });
    source.sizes.set('a.txt', size);
    const { links, notices } = await collect(source, limits);
    expect(links).toEqual([linkTo('a.txt')]);
    expect(notices).toEqual([
      skipped('a.txt', 'too-large', 'The limit for such files is 25 bytes; this one has more bytes than that.', size),
    ]);
    expect({ chunks, open: source.open }).toEqual({ chunks: 3, open: 0 });
  });

  test('pass a file that is smaller than the listing says', async () => {
    const source = store({ 'a.txt': utf8('short') });
    source.sizes.set('a.txt', 20);
    const { artifacts } = await collect(source, limits);
    expect(artifacts.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['short']);
  });
});

describe('what the user chooses', () => {
  const files = { 'a.png': PNG, 'b.pkl': utf8('x'), 'tmp/c.png': PNG, 'tmp/d.pkl': utf8('y') };

  test('--no-artifacts: nothing is looked at', async () => {
    const source = store(files);
    source.artifacts = () => {
      throw new Error('listed');
    };
    expect(await collect(source, { enabled: false })).toMatchObject({ paths: [], notices: [] });
  });

  test('what is excluded is neither transferred nor listed nor warned about', async () => {
    const rules = [
      { include: false, glob: 'tmp/**' },
      { include: false, glob: '*.pkl' },
    ];
    expect(await collect(store(files), { rules })).toMatchObject({ paths: ['a.png'], notices: [] });
  });

  test('the later rule wins', async () => {
    const rules = [
      { include: false, glob: 'tmp/**' },
      { include: true, glob: '*.pkl' },
    ];
    expect(await collect(store(files), { rules })).toMatchObject({ paths: ['a.png', '-> b.pkl', '-> tmp/d.pkl'] });
  });

  test('an original that is excluded does not take its compressed twin along', async () => {
    const stem = 'images/k+step+1+timestamp+5+8a5e2df3-dc75-4d30-a728-d0ae9cb06701';
    const both = { [`${stem}.png`]: PNG, [`${stem}+compressed.webp`]: sampleImage('webp lossy') };
    expect((await collect(store(both))).paths).toEqual([`${stem}.png`]);
    const rules = [{ include: false, glob: '*.png' }];
    expect((await collect(store(both), { rules })).paths).toEqual([`${stem}+compressed.webp`]);
  });

  test('a pattern that is none is refused', async () => {
    await expect(collect(store(files), { rules: [{ include: true, glob: '' }] })).rejects.toMatchObject({
      kind: 'fatal',
    });
    await expect(collect(store(files), { terminalLog: '' })).rejects.toMatchObject({ kind: 'fatal' });
  });
});

describe('the terminal log', () => {
  const files = { 'z.log': utf8('z'), 'a/train.log': utf8('train'), 'a/x.log.png': PNG };

  test('is the first text in order of path, and a text still', async () => {
    const { artifacts } = await collect(store(files), { terminalLog: '*.log' });
    expect(artifacts.map(({ place, bytes }) => [place.role, place.sequence, place.step, bytes.length])).toEqual([
      ['image', 'a', 0n, PNG.length],
      ['text', 'a/train.log', 0n, 5],
      ['log', 'logs', 0n, 5],
      ['text', 'z.log', 0n, 1],
    ]);
  });

  test('that cannot be had is told of once, and linked once', async () => {
    const { paths, notices } = await collect(store(files), { terminalLog: '*.log', maxTextSize: 4 });
    expect(paths).toEqual(['a/x.log.png', 'z.log', '-> a/train.log']);
    expect(notices).toHaveLength(1);
  });
});

describe('the order', () => {
  test("is the caller's, who gets them in order of path however they were listed", async () => {
    const files = {
      'b/2.png': PNG,
      'b/1.png': PNG,
      'a.txt': utf8('a'),
      'c.pkl': PNG,
      'B.txt': utf8('b'),
      'a.bin': PNG,
    };
    const textsFirst = (places: readonly ArtifactPlace[]) => [
      ...places.filter(({ role }) => role === 'text'),
      ...places.filter(({ role }) => role !== 'text'),
    ];
    const { records } = classify(store(files), {}, undefined, textsFirst);
    const paths: string[] = [];
    for await (const record of records) paths.push(record.type === 'artifact' ? record.place.file.path : record.path);
    expect(paths).toEqual(['B.txt', 'a.txt', 'b/1.png', 'b/2.png', 'a.bin', 'c.pkl']);
  });

  test('of a directory with more than 200 files that stay, the directory is linked; each is told of', async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`ckpt/${i}.pt`, utf8('x')]));
    const { links, notices } = await collect(store({ ...many, 'a.png': PNG, 'z.pt': utf8('x') }));
    expect(links).toEqual([linkTo('ckpt'), linkTo('z.pt')]);
    expect(notices).toHaveLength(202);
  });
});

describe('what is read, and when', () => {
  const texts = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`${i}.txt`, utf8(`text ${i}`)]));

  test('one file and at most the next, when it is small', async () => {
    const source = store(texts);
    source.sizes.set('4.txt', undefined);
    source.sizes.set('7.txt', 5_000_000);
    const { records } = classify(source);
    expect(source.opened).toEqual([]);
    for (let asked = 1; asked <= 10; asked++) {
      await records.next();
      expect(source.opened.length).toBeGreaterThanOrEqual(asked);
      expect(source.opened.length).toBeLessThanOrEqual(asked === 4 || asked === 7 ? asked : asked + 1);
      expect(source.open).toBeLessThanOrEqual(1);
    }
    expect(await records.next()).toEqual({ done: true, value: undefined });
    expect(source.opened).toEqual(Object.keys(texts));
  });

  test('nothing more after an early return, and nothing is left open', async () => {
    const source = store({
      'a.txt': utf8('a'),
      'b.txt': async function* () {
        yield utf8('b');
        yield utf8('b');
        throw new Error('read to the end');
      },
      'c.txt': utf8('c'),
    });
    const { records, notices } = classify(source);
    await records.next();
    await records.return();
    expect(source).toMatchObject({ opened: ['a.txt', 'b.txt'], open: 0 });
    expect(notices).toEqual([]);
  });

  test('nothing more after an abort, which rejects with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = store({
      'a.txt': async function* () {
        yield utf8('a');
        controller.abort(reason);
        yield utf8('a');
        throw new Error('read on');
      },
      'b.txt': utf8('b'),
    });
    const { records, notices } = classify(source, {}, controller.signal);
    await expect(records.next()).rejects.toBe(reason);
    expect(source).toMatchObject({ opened: ['a.txt'], open: 0 });
    expect(notices).toEqual([]);
  });

  test('an abort between two records rejects too, in the listing as well', async () => {
    for (const pulls of [0, 1, 2]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const source = store(texts);
      const { records } = classify(source, {}, controller.signal);
      for (let i = 0; i < pulls; i++) await records.next();
      controller.abort(reason);
      await expect(drain(records)).rejects.toBe(reason);
      expect(source.open).toBe(0);
    }
  });

  test('a failure of what was read ahead is told when it is asked for', async () => {
    const error = new ConvertError('fatal', 'unexpected', 'No.');
    const { records } = classify(store({ 'a.txt': utf8('a'), 'b.txt': error }));
    expect(await records.next()).toMatchObject({ done: false });
    await expect(records.next()).rejects.toBe(error);
  });
});

async function drain(records: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of records);
}

function skipped(path: string, reason: string, detail: string, size: number | undefined) {
  return { kind: 'artifact-skipped', path, reason, detail, ...(size === undefined ? {} : { size }) };
}
