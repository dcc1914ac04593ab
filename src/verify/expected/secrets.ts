import type { Plain, PlainDict } from './values.js';

/** A URL up to its end, with the slashes of JSON texts (`\/`). No URL is longer. */
const URL_IN_TEXT = /([a-z][a-z0-9+.-]{0,39})?:(\\?\/\\?\/)((?:[^\s"<>`\\]|\\\/){1,65536})/gi;
/** Where a user without a password may be a token; of `git+https` too. */
const WEB = /(?<![a-z])(?:https?|ftps?|wss?)$/i;
const SECRET = /sig|token|secret|passw|pwd|credential|api[-_]?key|access[-_]?key/i;

/**
 * A text without the secrets of the URLs in it (docs/mapping.md, "Secrets of URLs"): passwords, tokens in the place of a user, and
 * the values of secret parameters, of which `***` remains.
 */
export function cleanText(text: string): string {
  if (!text.includes('://') && !text.includes(':\\/')) return text;
  return text.replace(URL_IN_TEXT, (_, scheme: string | undefined, slashes: string, rest: string) => {
    const authorityEnd = /[/?#\\]/.exec(rest)?.index ?? rest.length;
    const authority = rest.slice(0, authorityEnd);
    const at = authority.lastIndexOf('@');
    const host = authority.slice(at + 1);
    const user = at < 0 ? '' : authority.slice(0, at).split(':')[0]!;
    const shown = user === '' || WEB.test(scheme ?? '') ? '' : `${user}@`;
    return `${scheme ?? ''}:${slashes}${withoutParameters(shown + host + rest.slice(authorityEnd))}`;
  });
}

function withoutParameters(path: string): string {
  return path.replace(/([?&;#][^=?&;#]*)=[^&;#']*/g, (parameter, name: string) =>
    SECRET.test(name) ? `${name}=***` : parameter,
  );
}

/** The same for all texts of a value. */
export function clean<T extends Plain | undefined>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: Plain | undefined): Plain | undefined {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return (value as readonly Plain[]).map(clean);
  if (value instanceof Map) return new Map([...(value as PlainDict)].map(([key, item]) => [key, clean(item)]));
  return value;
}
