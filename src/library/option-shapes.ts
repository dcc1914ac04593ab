import { OWN_CONTEXTS } from '../policies.js';

/** What the value of an option has to be: JavaScript lets a program write anything. */
export interface Shape {
  readonly isValid: (value: unknown) => boolean;
  /** Completes "… has to be": `a string`. */
  readonly says: string;
}

export const TEXT: Shape = { isValid: isText, says: 'a string' };
export const TEXTS: Shape = { isValid: (value) => isListOf(value, isText), says: 'a list of strings' };
export const SWITCH: Shape = { isValid: (value) => typeof value === 'boolean', says: 'true or false' };
export const AMOUNT: Shape = { isValid: (value) => isNumber(value) && value >= 0, says: 'a number of 0 or more' };
export const ABOVE_ZERO: Shape = { isValid: (value) => isNumber(value) && value > 0, says: 'a number above 0' };
export const COUNT: Shape = {
  isValid: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  says: 'a whole number of at least 1',
};
export const SHARE: Shape = {
  isValid: (value) => isNumber(value) && value > 0 && value <= 1,
  says: 'a number above 0 and not above 1',
};
export const MOMENT: Shape = {
  isValid: (value) => Number.isFinite(value) || (isObject(value) && 'ago' in value && Number.isFinite(value.ago)),
  says: 'a number of milliseconds since 1970, or { ago: milliseconds }',
};
export const RULES: Shape = {
  isValid: (value) =>
    isListOf(value, (rule) => hasGlob(rule) && 'include' in rule && typeof rule.include === 'boolean'),
  says: 'a list of { include: true or false, glob: a string }',
};
export const LABELS: Shape = {
  isValid: (value) => isListOf(value, (rule) => hasGlob(rule) && (!('color' in rule) || isOptionalText(rule.color))),
  says: 'a list of { glob: a string, color: a string or nothing }',
};

/** Of `--context`. */
export const CONTEXTS: Shape = {
  isValid: (value) => isListOf(value, isContextRule),
  says: `a list of { context: a string other than ${[...OWN_CONTEXTS].join(', ')}, value: a string, prefix and suffix: strings, not both empty }`,
};

/** Checked elsewhere, more closely. */
export const ANYTHING: Shape = { isValid: () => true, says: 'anything' };

/** One of the names of a record, which a type keeps complete. */
export function oneOf(names: Readonly<Record<string, true>>): Shape {
  return { isValid: (value) => isText(value) && Object.hasOwn(names, value), says: `one of ${listed(names)}` };
}

/** A list of such names. */
export function someOf(names: Readonly<Record<string, true>>): Shape {
  const { isValid } = oneOf(names);
  return { isValid: (value) => isListOf(value, isValid), says: `a list of some of ${listed(names)}` };
}

function listed(names: Readonly<Record<string, true>>): string {
  return Object.keys(names).join(', ');
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasGlob(value: unknown): value is { readonly glob: string } {
  return isObject(value) && 'glob' in value && isText(value.glob);
}

function isContextRule(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { context, value: own, prefix, suffix } = value as Readonly<Record<string, unknown>>;
  if (!isText(context) || !isText(own) || !isText(prefix) || !isText(suffix)) return false;
  return context !== '' && !OWN_CONTEXTS.has(context) && prefix + suffix !== '';
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
