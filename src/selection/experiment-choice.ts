import { ConvertError } from '../errors.js';
import { globPattern } from '../glob/glob-pattern.js';
import type { Experiment } from '../model.js';
import type { RunSelection } from '../options.js';
import { closestWord } from '../words/closest-word.js';

/** Experiments that an error names. */
const NAMED = 10;

type ExperimentSelection = Pick<RunSelection, 'experiments' | 'excludeExperiments'>;

/**
 * The experiments that a selection chooses, in the order of `all`. Throws a `fatal` error for an id, name or glob to choose that
 * stands for none, and for an id or name to leave out that is not there: it is likely to be misspelt.
 */
export function chooseExperiments(all: readonly Experiment[], selection: ExperimentSelection): Experiment[] {
  const { experiments = [], excludeExperiments = [] } = selection;
  for (const text of experiments) if (meant(all, text).length === 0) throw unknown(all, text);
  for (const text of excludeExperiments) if (!isGlob(text) && meant(all, text).length === 0) throw unknown(all, text);
  return chosenExperiments(all, selection);
}

/** As {@link chooseExperiments}, but what stands for no experiment (yet, or any more) chooses none. */
export function chosenExperiments(
  all: readonly Experiment[],
  { experiments = [], excludeExperiments = [] }: ExperimentSelection,
): Experiment[] {
  const wanted = new Set(experiments.length === 0 ? all : experiments.flatMap((text) => meant(all, text)));
  const unwanted = new Set(excludeExperiments.flatMap((text) => meant(all, text)));
  return all.filter((experiment) => wanted.has(experiment) && !unwanted.has(experiment));
}

/** Those of this id or name; where there are none, those whose name matches it as a glob. */
function meant(all: readonly Experiment[], text: string): Experiment[] {
  const exact = all.filter(({ id, name }) => id === text || name === text);
  if (exact.length > 0 || !isGlob(text)) return exact;
  const matches = compile(text);
  return all.filter(({ name }) => matches(name));
}

function isGlob(text: string): boolean {
  return /[*?[{\\]/.test(text);
}

function compile(glob: string): (name: string) => boolean {
  try {
    return globPattern(glob, '');
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : '';
    throw new ConvertError(
      'fatal',
      'invalid-argument',
      `The source has no experiment with the id or name "${glob}", and it cannot be used as a pattern.${why}`,
      { hint: 'Patterns are globs such as resnet*; a bracket that is part of a name is written \\[.', cause },
    );
  }
}

function unknown(all: readonly Experiment[], text: string): ConvertError {
  const message = isGlob(text)
    ? `No experiment of the source has a name that matches "${text}".`
    : `The source has no experiment with the id or name "${text}".`;
  return new ConvertError('fatal', 'unknown-experiment', message, { hint: hintFor(all, text) });
}

function hintFor(all: readonly Experiment[], text: string): string {
  if (all.length === 0) return 'It has no experiments at all.';
  const otherCase = all.map(({ id, name }) => ({ id: id, name: name.toLowerCase() }) as Experiment);
  const similar = meant(otherCase, text.toLowerCase()).map((experiment) => all[otherCase.indexOf(experiment)]!);
  if (similar.length > 0) return `Names are case-sensitive. Did you mean ${named(similar)}?`;
  const names = all.map(({ name }) => name);
  const closest = isGlob(text) ? undefined : closestWord(text, names);
  if (closest !== undefined) return `Did you mean "${closest}"?`;
  return `It has: ${named(all)}.`;
}

function named(experiments: readonly Experiment[]): string {
  const names = experiments.slice(0, NAMED).map(({ name }) => `"${name}"`);
  return names.join(', ') + (experiments.length > NAMED ? ', …' : '');
}
