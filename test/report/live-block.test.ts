import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LiveBlock } from '../../src/report/live-block.js';
import { textWidth } from '../../src/report/text-width.js';
import { Screen } from './screen.js';

describe('the live block', () => {
  test('is drawn in place', () => {
    const screen = new Screen();
    const block = new LiveBlock(screen);
    screen.write('$ mlflow2aim convert\n');
    block.draw(['one 1', 'total 1']);
    block.draw(['one 2 longer', 'two', 'total 2']);
    block.draw(['two', 'total 3']);
    expect(screen.text).toBe('$ mlflow2aim convert\ntwo\ntotal 3');
  });

  test('leaves printed lines whole, above itself', () => {
    const screen = new Screen();
    const block = new LiveBlock(screen);
    block.print('before');
    block.draw(['one', 'total']);
    block.print('warning: a');
    block.print('warning: b');
    expect(screen.text).toBe('before\nwarning: a\nwarning: b\none\ntotal');
    block.clear();
    block.print('after');
    expect(screen.text).toBe('before\nwarning: a\nwarning: b\nafter');
  });

  test('is gone after clear, and what stood before it is not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 100 }),
        fc.array(fc.array(fc.string({ maxLength: 120 }), { minLength: 1, maxLength: 6 }), { maxLength: 10 }),
        (columns, frames) => {
          const screen = new Screen(columns);
          const block = new LiveBlock(screen);
          screen.write('$ run\n');
          for (const frame of frames) block.draw(frame);
          block.clear();
          expect(screen.text).toBe('$ run');
        },
      ),
    );
  });

  test('never writes a line as wide as the terminal', () => {
    const screen = new Screen(20);
    new LiveBlock(screen).draw(['模型'.repeat(20), 'x'.repeat(100)]);
    const lines = screen.text.split('\n');
    expect(lines.map((line) => textWidth(line) <= 19)).toEqual([true, true]);
  });

  test('finds its start again after the terminal became narrower', () => {
    const screen = new Screen(80);
    const block = new LiveBlock(screen);
    screen.write('$ run\n');
    block.draw(['x'.repeat(60), 'y'.repeat(70)]);
    screen.narrow(25);
    block.draw(['x'.repeat(60), 'y'.repeat(70)]);
    expect(screen.text).toBe(`$ run\n${'x'.repeat(23)}…\n${'y'.repeat(23)}…`);
  });

  test('writes nothing when nothing has changed', () => {
    const screen = new Screen();
    const block = new LiveBlock(screen);
    block.draw(['total']);
    block.draw(['total']);
    expect(screen.writes).toHaveLength(1);
  });

  test('writes no control sequences before it has been drawn', () => {
    const screen = new Screen();
    const block = new LiveBlock(screen);
    block.print('plain');
    block.clear();
    expect(screen.writes.join('')).toBe('plain\n');
  });
});
