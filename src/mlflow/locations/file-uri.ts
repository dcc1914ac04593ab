import { percentDecode } from './percent-decode.js';

/** Where a tracking or artifact URI points on this machine's file system. */
export type UriTarget =
  /** Paths to try in this order; they may be relative. */
  | { readonly kind: 'local'; readonly paths: readonly string[] }
  /** A path of another machine or system; `reason` continues the sentence "… ". */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'remote'; readonly scheme: string };

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1']);
const WINDOWS_DRIVE = /^[A-Za-z]:(?:[\\/]|$)/;

/** The scheme in lower case; `undefined` for a path. One letter is a Windows drive, not a scheme. */
export function uriScheme(uri: string): string | undefined {
  return /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(uri)?.[1]?.toLowerCase();
}

/**
 * Tells where a URI points: plain paths, `file:relative`, `file:/abs`, `file:///abs`, `file://localhost/abs`, Windows drives
 * and shares. `file:` paths are percent-decoded, and end before a query or fragment. Plain paths, which MLflow also decodes
 * (urllib's url2pathname), are tried literally first.
 */
export function uriTarget(uri: string, platform: NodeJS.Platform = process.platform): UriTarget {
  const scheme = uriScheme(uri);
  if (scheme === undefined) return pathTarget(uri, platform);
  if (scheme !== 'file') return { kind: 'remote', scheme };

  // as urllib splits it; the whole is tried too, for tools that leave a # in a name unescaped
  const bare = uri.replace(/[?#].*$/s, '');
  if (bare !== uri) return bothTargets(fileTarget(bare, platform), fileTarget(uri, platform));
  return fileTarget(uri, platform);
}

function bothTargets(first: UriTarget, second: UriTarget): UriTarget {
  if (first.kind !== 'local' || second.kind !== 'local') return first;
  return { kind: 'local', paths: [...first.paths, ...second.paths] };
}

function fileTarget(uri: string, platform: NodeJS.Platform): UriTarget {
  const rest = uri.slice('file:'.length);
  if (!rest.startsWith('//')) return pathTarget(percentDecode(withoutDriveSlash(rest)), platform);
  const [, host = '', path = ''] = /^\/\/([^/\\]*)(.*)$/s.exec(rest) ?? [];
  // file://C:\dir, as some tools print it
  if (WINDOWS_DRIVE.test(host)) return pathTarget(percentDecode(host + path), platform);
  if (LOCAL_HOSTS.has(host.toLowerCase())) return pathTarget(percentDecode(withoutDriveSlash(path)), platform);
  if (platform === 'win32')
    return { kind: 'local', paths: [`\\\\${host}${percentDecode(path).replaceAll('/', '\\')}`] };
  return { kind: 'foreign', reason: `names the machine ${host}` };
}

function pathTarget(path: string, platform: NodeJS.Platform): UriTarget {
  if (platform !== 'win32' && (WINDOWS_DRIVE.test(path) || path.startsWith('\\\\'))) {
    return { kind: 'foreign', reason: 'is a Windows path' };
  }
  const decoded = percentDecode(path);
  return { kind: 'local', paths: decoded === path ? [path] : [path, decoded] };
}

/** `/C:/dir` → `C:/dir`: in a URI the drive follows a slash. */
function withoutDriveSlash(path: string): string {
  return /^\/+[A-Za-z](?::|%3[Aa])(?:[\\/]|$)/.test(path) ? path.replace(/^\/+/, '') : path;
}
