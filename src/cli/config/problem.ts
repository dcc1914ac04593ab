import { InvalidArgumentError, type Option } from 'commander';
import { withoutSecrets } from '../../mapping/url-secrets.js';
import { printable, truncate } from '../../report/text-width.js';
import { settingValue } from './setting.js';

const LONGEST_VALUE = 60;
const MOST_LINES = 20;

/**
 * Why a flag cannot have these values, as a sentence that begins with `subject`; undefined if it can. Of several commands that have the flag
 * each must take them. Secrets are left out.
 */
export function problemOf(options: readonly Option[], texts: readonly string[], subject: string): string | undefined {
  for (const option of options) {
    try {
      settingValue(option, texts, option.defaultValue);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      return problemWith(subject, texts, error.message);
    }
  }
  return undefined;
}

/** A sentence about values that cannot be used; `expected` is one as well. */
export function problemWith(subject: string, texts: readonly string[], expected: string): string {
  return `${subject} is '${truncate(printable(withoutSecrets(texts.join(', '))), LONGEST_VALUE)}'. ${expected}`;
}

/** Problems as lines for people, the first ones of many. */
export function problemLines(problems: readonly string[]): string[] {
  const lines = problems.slice(0, MOST_LINES).map((problem) => `error: ${problem}`);
  const more = problems.length - lines.length;
  return more === 0 ? lines : [...lines, `error: … and ${more} more.`];
}
