/**
 * A URI as messages show it: without user, password and query, which may contain signed tokens. (For URLs in params and
 * tags, mapping/url-secrets.ts hides only the secrets.)
 */
export function displayedUri(uri: string): string {
  return uri
    .replace(/^([A-Za-z][A-Za-z0-9+.-]+:\/\/)[^/]*@/, '$1')
    .replace(/^(?!file:)([A-Za-z][\w+.-]+:[^?#]*)[?#].*$/s, '$1');
}
