import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseExperiments, chosenExperiments } from '../../src/selection/experiment-choice.js';
import { makeExperiment } from '../mapping/fixtures.js';

const experiment = (id: string, name: string) => makeExperiment({ id, name });
const resnet = experiment('1', 'ResNet50');
const small = experiment('2', 'resnet18');
const user = experiment('3', '/Users/ada/vit');
const odd = experiment('4', 'res*');
const all = [resnet, small, user, odd];

describe('experiments are chosen', () => {
  test.each([
    ['all by default', {}, all],
    ['by id, in the order of the source', { experiments: ['2', '1'] }, [resnet, small]],
    ['by name', { experiments: ['resnet18'] }, [small]],
    ['once, by id and by name', { experiments: ['2', 'resnet18', 'resnet1?'] }, [small]],
    ['by glob', { experiments: ['[rR]es[nN]et*'] }, [resnet, small]],
    ['by glob, in which * goes across slashes', { experiments: ['/Users/*'] }, [user]],
    ['by a name that could be a glob, which then is none', { experiments: ['res*'] }, [odd]],
    ['without those left out', { excludeExperiments: ['ResNet50', '/U*'] }, [small, odd]],
    [
      'of those that are named, without those left out',
      { experiments: ['1', '2'], excludeExperiments: ['1'] },
      [small],
    ],
    ['with nothing left out by a glob that matches none', { excludeExperiments: ['x*'] }, all],
  ])('%s', (_, selection, expected) => {
    expect(chooseExperiments(all, selection)).toEqual(expected);
  });

  test('by an id that is the name of another, both', () => {
    const other = experiment('7', '1');
    expect(chooseExperiments([resnet, other], { experiments: ['1'] })).toEqual([resnet, other]);
  });

  test('by any name that there is, whatever characters it has, and by no other', () => {
    const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'A', '*', '?', '[', ']', '\\', '{', '/') }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(names, fc.nat(), (some, at) => {
        const experiments = some.map((name, i) => experiment(`id ${i}`, name));
        const one = experiments[at % some.length]!;
        expect(chooseExperiments(experiments, { experiments: [one.name] })).toEqual([one]);
      }),
    );
  });
});

describe('what is not there', () => {
  test.each([
    [
      'nope',
      'The source has no experiment with the id or name "nope". It has: "ResNet50", "resnet18", "/Users/ada/vit", "res*".',
    ],
    ['resent18', 'The source has no experiment with the id or name "resent18". Did you mean "resnet18"?'],
    [
      'resnet50',
      'The source has no experiment with the id or name "resnet50". Names are case-sensitive. Did you mean "ResNet50"?',
    ],
    [
      'RESNET*',
      'No experiment of the source has a name that matches "RESNET*". Names are case-sensitive. Did you mean "ResNet50", "resnet18"?',
    ],
    [
      'resnet[18',
      'The source has no experiment with the id or name "resnet[18", and it cannot be used as a pattern. A bracket is not closed. Patterns are globs such as resnet*; a bracket that is part of a name is written \\[.',
    ],
  ])('is refused: %s', (text, sentence) => {
    expect(() => chooseExperiments(all, { experiments: [text] })).toThrow(
      expect.objectContaining({ kind: 'fatal', sentence }),
    );
  });

  test('is refused as something to leave out, too', () => {
    expect(() => chooseExperiments(all, { excludeExperiments: ['resnet50'] })).toThrow(
      expect.objectContaining({ code: 'unknown-experiment' }),
    );
  });

  test('is named after ten of many others', () => {
    const many = Array.from({ length: 12 }, (_, i) => experiment(`${i}`, `name ${i}`));
    expect(() => chooseExperiments(many, { experiments: ['x'] })).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^It has: "name 0", .*"name 9", …\.$/) }),
    );
    expect(() => chooseExperiments([], { experiments: ['x'] })).toThrow(
      expect.objectContaining({ hint: 'It has no experiments at all.' }),
    );
  });

  test('chooses nothing while a source is followed', () => {
    expect(chosenExperiments(all, { experiments: ['nope', '1'], excludeExperiments: ['gone'] })).toEqual([resnet]);
  });
});
