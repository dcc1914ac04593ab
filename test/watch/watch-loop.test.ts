import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RepositoryReplacedError } from '../../src/aim/repository-identity.js';
import { ConvertError } from '../../src/errors.js';
import { runHash } from '../../src/mapping/run-hash.js';
import { FakeWatch, refOf } from '../support/fake-watch.js';

const MINUTE = 60_000;

let watch: FakeWatch;
let ended: Promise<unknown>;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(async () => {
  watch.controller.abort();
  await jest.advanceTimersByTimeAsync(0);
  await ended.catch(() => {});
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const elapse = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

/** A watch of a source with runs a and b. */
async function begin(kind: 'directory' | 'poll', prepare: (watch: FakeWatch) => void = () => {}): Promise<void> {
  watch = new FakeWatch(kind);
  watch.source.add('a', 'b');
  prepare(watch);
  ended = watch.run();
  ended.catch(() => {});
  await elapse(0);
}

/** The same, caught up. */
async function beginWatching(kind: 'directory' | 'poll', prepare?: (watch: FakeWatch) => void): Promise<void> {
  await begin(kind, prepare);
  await elapse(1);
  expect(watch.all('watching')).toHaveLength(1);
  watch.take();
  watch.emitted.length = 0;
}

async function stop(): Promise<string[]> {
  watch.controller.abort();
  await elapse(0);
  await ended;
  return watch.take();
}

describe('a watch that begins', () => {
  test('converts everything, gives back the memory for it, and says that it is watching', async () => {
    await begin('directory', ({ source }) => source.active.add('b'));
    await elapse(1);
    expect(watch.take().slice(0, 5)).toEqual([
      'open watcher',
      'open conversion',
      'pass a,b',
      'check accepted',
      'close journal',
    ]);
    expect(watch.all('experiment')).toEqual([{ id: '1', name: 'mnist', runs: 2 }]);
    expect(watch.all('run:done')).toHaveLength(2);
    expect(watch.all('watching')).toEqual([{ how: 'events', active: 1, nextWithin: expect.any(Number) }]);
    expect(watch.all('pass')).toEqual([]);
  });

  test('lists the source anew when its first pass fails', async () => {
    await begin('directory', (watch) => {
      watch.failure = new Error('The server is down.');
    });
    await elapse(1);
    watch.failure = undefined;
    watch.source.add('c');
    await elapse(1_000);
    expect(watch.take()).toContain('pass a,b,c');
    expect(watch.all('watching')).toHaveLength(1);
  });

  test('tries again when the source cannot be listed any more', async () => {
    await begin('directory', (watch) => {
      watch.failure = new Error('The server is down.');
    });
    watch.failure = undefined;
    watch.source.failure = new ConvertError('fatal', 'unexpected', 'The server refuses to answer.');
    await elapse(1_000);
    expect(watch.all('watching')).toEqual([]);
    watch.source.failure = undefined;
    await elapse(2_100);
    expect(watch.all('watching')).toHaveLength(1);
    expect(watch.all('source').map(({ available }) => available)).toEqual([false, true]);
  });
});

describe('a watch of a directory', () => {
  test('follows a change at once, and tells how long that took', async () => {
    await beginWatching('directory');
    watch.change('b');
    await elapse(249);
    expect(watch.log.filter((line) => line.startsWith('pass'))).toEqual([]);
    await elapse(2);
    expect(watch.take()).toContain('pass b');
    expect(watch.all('pass')).toMatchObject([{ complete: false, runs: 1, changed: 1, lag: expect.closeTo(0.25, 2) }]);
    expect(watch.all('run:done')).toMatchObject([{ runId: 'b', outcome: 'updated' }]);
  });

  test('makes one pass of a burst of changes', async () => {
    await beginWatching('directory');
    for (let i = 0; i < 50; i++) {
      watch.change(i % 2 === 0 ? 'a' : 'b');
      await elapse(4);
    }
    await elapse(300);
    expect(watch.log.filter((line) => line.startsWith('pass'))).toEqual(['pass a,b']);
  });

  test('converts a run that appears', async () => {
    await beginWatching('directory');
    watch.source.runIds.push('c');
    watch.change('c');
    await elapse(300);
    expect(watch.take()).toContain('pass c');
    expect(watch.all('run:done')).toMatchObject([{ runId: 'c', outcome: 'new' }]);
  });

  test('finds by reconciliation what events missed', async () => {
    await beginWatching('directory');
    watch.source.changed.add('a');
    await elapse(29_000);
    expect(watch.all('run:done')).toEqual([]);
    await elapse(1_100);
    expect(watch.all('run:done')).toMatchObject([{ runId: 'a', outcome: 'updated' }]);
    expect(watch.all('pass')).toMatchObject([{ complete: true, runs: 2, changed: 1, nextWithin: expect.any(Number) }]);
  });

  test('reconciles at once when an event says that something was removed', async () => {
    await beginWatching('directory');
    watch.watchers.at(-1)?.onChange({ type: 'everything' });
    await elapse(300);
    expect(watch.take()).toContain('pass a,b');
  });

  test('reconciles a large store in slices, between which changes are followed', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `run-${i}`);
    await beginWatching('directory', ({ source }) => source.add(...many));
    watch.duration = 300;
    await elapse(30_000);
    watch.change('b');
    await elapse(MINUTE);
    const passes = watch.log.filter((line) => line.startsWith('pass')).slice(0, 4);
    expect(passes).toEqual(['pass over 128', 'pass b', 'pass over 128', 'pass over 46']);
    const complete = watch.all('pass').filter((pass) => pass.complete);
    expect(complete[0]).toMatchObject({ runs: 302 });
  });

  test('treats a run as deleted once it has been missing for ten minutes', async () => {
    await beginWatching('directory');
    watch.source.runIds = ['a'];
    await elapse(10 * MINUTE);
    expect(watch.log.filter((line) => line.startsWith('missed'))).toEqual([]);
    await elapse(2 * MINUTE);
    expect(watch.log).toContain(`missed ${runHash('b')}`);
  });

  test('writes the index entries of a run again when it has been quiet for eight seconds', async () => {
    await beginWatching('directory');
    watch.change('b');
    await elapse(300);
    watch.change('b');
    await elapse(8_000);
    expect(watch.log.filter((line) => line.startsWith('reindex'))).toEqual([]);
    await elapse(300);
    expect(watch.log.filter((line) => line.startsWith('reindex'))).toEqual([`reindex ${runHash('b')}`]);
  });

  test('tries again later to write the index while Aim holds it', async () => {
    await beginWatching('directory');
    watch.isIndexFree = false;
    watch.change('b');
    await elapse(9_000);
    watch.isIndexFree = true;
    await elapse(15_000);
    const again = `reindex ${runHash('b')}`;
    expect(watch.log.filter((line) => line.startsWith('reindex'))).toEqual([again, again]);
  });
});

describe('a watch of a server', () => {
  test('polls everything after each interval', async () => {
    await beginWatching('poll');
    await elapse(10_100);
    await elapse(10_100);
    expect(watch.log.filter((line) => line.startsWith('pass'))).toEqual(['pass a,b', 'pass a,b']);
    expect(watch.all('pass').every(({ complete }) => complete === true)).toBe(true);
  });

  test('polls the active runs while polling everything would take too much of its time', async () => {
    await beginWatching('poll', ({ source }) => source.active.add('b'));
    watch.duration = 4_000;
    await elapse(14_100); // a complete poll of 4 s
    watch.duration = 0;
    watch.source.changed.add('b');
    await elapse(10_100);
    await elapse(10_100);
    expect(watch.log.filter((line) => line.startsWith('pass'))).toEqual(['pass a,b', 'pass b', 'pass a,b']);
    expect(watch.all('pass').map(({ complete }) => complete)).toEqual([true, false, true]);
  });
});

describe('a watch in which a pass fails', () => {
  const failing = async () => {
    await beginWatching('directory');
    watch.failure = new ConvertError('fatal', 'unexpected', 'The disk is full.');
    watch.change('b');
    await elapse(300);
  };

  test('says so once, backs off, and says when it has resumed', async () => {
    await failing();
    expect(watch.all('source')).toMatchObject([
      { available: false, code: 'unexpected', message: expect.stringContaining('The disk is full.') },
    ]);
    await elapse(1_000 + 2_000 + 4_000 + 10);
    const failures = watch.take().filter((line) => line.startsWith('journal failed'));
    expect(failures).toEqual(Array(4).fill('journal failed: The disk is full.'));
    expect(watch.all('source')).toHaveLength(1);
    watch.failure = undefined;
    await elapse(8_000);
    expect(watch.all('source').map(({ available }) => available)).toEqual([false, true]);
    expect(watch.all('run:done')).toMatchObject([{ runId: 'b', outcome: 'updated' }]);
    watch.failure = new Error('Something else.');
    watch.change('b');
    await elapse(300);
    expect(watch.all('source').map(({ available }) => available)).toEqual([false, true, false]);
  });

  test('closes all that the pass used, and opens it anew', async () => {
    await failing();
    expect(watch.take()).toEqual(['pass b', 'journal failed: The disk is full.', 'close journal', 'close conversion']);
    watch.failure = undefined;
    await elapse(1_000);
    expect(watch.take()).toEqual(['open conversion', 'pass a,b', 'close watcher', 'open watcher']);
  });

  test('waits a minute at most', async () => {
    await failing();
    await elapse(10 * MINUTE);
    watch.take();
    await elapse(2 * MINUTE);
    expect(watch.take().filter((line) => line.startsWith('pass'))).toEqual(['pass a,b', 'pass a,b']);
  });

  test('tells that the repository has gone rather than what failed because of it', async () => {
    await beginWatching('directory');
    watch.failure = new Error('ENOENT: no such file');
    watch.change('b');
    await elapse(200);
    watch.replaced = new ConvertError('fatal', 'unexpected', 'The Aim repository is not there any more.');
    await elapse(100);
    expect(watch.all('source')[0]).toMatchObject({ message: expect.stringContaining('is not there any more') });
    watch.failure = watch.replaced = undefined;
    await elapse(1_100);
    expect(watch.all('source')).toHaveLength(2);
  });
});

describe('a watch ends', () => {
  test('while it catches up', async () => {
    await begin('directory', (watch) => {
      watch.duration = MINUTE;
    });
    expect(await stop()).toEqual([
      'open watcher',
      'open conversion',
      'pass a,b',
      'close watcher',
      'reindex ',
      'journal ended',
      'close journal',
      'close conversion',
    ]);
  });

  test('while it waits for changes', async () => {
    await beginWatching('directory');
    watch.change('b');
    await elapse(300);
    watch.take();
    expect(await stop()).toEqual(['close watcher', 'reindex ', 'journal ended', 'close journal', 'close conversion']);
  });

  test('while it follows a change', async () => {
    await beginWatching('directory');
    watch.duration = MINUTE;
    watch.change('b');
    await elapse(300);
    expect(await stop()).toEqual([
      'pass b',
      'close watcher',
      'reindex ',
      'journal ended',
      'close journal',
      'close conversion',
    ]);
    expect(watch.all('source')).toEqual([]);
  });

  test('while it waits for the next attempt', async () => {
    await beginWatching('directory');
    watch.failure = new Error('The disk is full.');
    watch.change('b');
    await elapse(300);
    watch.take();
    expect(await stop()).toEqual(['close watcher']);
  });

  test.each(['between two passes', 'in a pass'])('when the repository is replaced %s', async (when) => {
    await beginWatching('directory');
    watch.change('b');
    if (when === 'in a pass') watch.duration = 1_000;
    await elapse(300);
    watch.replaced = new RepositoryReplacedError(
      'fatal',
      'repository-replaced',
      'The Aim repository has been replaced by another.',
    );
    if (when === 'in a pass') watch.failure = new Error('ENOENT: no such file');
    watch.watchers.at(-1)?.onChange({ type: 'run', ref: refOf('b') });
    const rejected = expect(ended).rejects.toThrow('has been replaced');
    await elapse(31_000);
    await rejected;
    expect(watch.take().slice(-2)).toEqual(['close journal', 'close conversion']);
    expect(watch.all('source')).toEqual([]);
  });
});
