import type { AimValue } from '../aim/value.js';

/**
 * What follows the scheme of a URL anywhere in a text, as far as its end can be told; JSON may have its slashes as `\/`. It begins
 * behind the scheme because a search for schemes takes quadratic time in a text that is one long word. No URL is longer than 65,536
 * characters, and what a regular expression takes without a bound can overflow its stack.
 */
const AFTER_SCHEME = /:(?:\\?\/){2}(?:[^\s"<>`\\]|\\\/){1,65536}/g;
const LONGEST_SCHEME = 40;
/** The part before the host. Only the last `@` ends it: people leave those in passwords as they are. */
const USER_INFO = /^(:(?:\\?\/){2})([^/?#\\]*)@/;
/** There a user alone may be a token: GitHub takes `https://TOKEN@github.com/…`. */
const TOKEN_AS_USER = /(?:^|[^a-z])(?:https?|ftps?|wss?)$/i;
/** Of a query, a fragment, or the properties of a JDBC URL. */
const PARAMETER = /([?&;#])([^=?&;#]*)=([^&;#']*)/g;
/** `X-Amz-Signature`, `sig`, `access_token`, `password`, `api_key` … */
const SECRET_NAME = /sig|token|secret|passw|pwd|credential|api[_-]?key|access[_-]?key/i;

/**
 * The text without the secrets of the URLs in it: passwords, tokens in the place of a user, and the secrets of signed URLs, of
 * which `***` remains. A user stays where it is an address rather than a secret: `postgresql://ada@host`, `wasbs://box@account`.
 */
export function withoutSecrets(text: string): string {
  return text.replace(AFTER_SCHEME, (rest, at: number) => {
    const scheme = text.slice(Math.max(0, at - LONGEST_SCHEME), at);
    return rest
      .replace(USER_INFO, (_, slashes: string, info: string) => slashes + userOf(scheme, info))
      .replace(PARAMETER, hidden);
  });
}

/** The same for all texts in a value; keys stay as they are. */
export function withoutSecretsIn(value: AimValue): AimValue {
  if (typeof value === 'string') return withoutSecrets(value);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, withoutSecretsIn(item)]));
  return isList(value) ? value.map(withoutSecretsIn) : value;
}

/** The same for a value that may be absent. */
export function cleaned(value: AimValue | undefined): AimValue | undefined {
  return value === undefined ? undefined : withoutSecretsIn(value);
}

function userOf(scheme: string, info: string): string {
  const [user = ''] = info.split(':', 1);
  return user === '' || TOKEN_AS_USER.test(scheme) ? '' : `${user}@`;
}

function hidden(whole: string, separator: string, name: string): string {
  return SECRET_NAME.test(name) ? `${separator}${name}=***` : whole;
}

function isList(value: AimValue): value is readonly AimValue[] {
  return Array.isArray(value);
}
