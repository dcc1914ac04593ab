/**
 * A URI as messages show it: without user, password and query, in which signed tokens may be. (What Aim keeps of a URL in a
 * param or tag is another matter: mapping/url-secrets.ts hides only its secrets.)
 */
export function displayedUri(uri: string): string {
  return uri
    .replace(/^([A-Za-z][A-Za-z0-9+.-]+:\/\/)[^/]*@/, '$1')
    .replace(/^(?!file:)([A-Za-z][\w+.-]+:[^?#]*)[?#].*$/s, '$1');
}
