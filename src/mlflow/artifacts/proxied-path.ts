import { withoutTrailing } from '../common/trailing.js';
import { decodeOrLeave } from '../locations/percent-decode.js';

const PROXY_API = /^\/*api\/2\.0\/mlflow-artifacts\/artifacts(?:\/+|$)/;

/**
 * The path below a tracking server's `--artifacts-destination` that an artifact URI refers to, percent-decoded: for
 * `mlflow-artifacts:/1/run/artifacts`, with and without a host, and for http(s) URLs of the server's proxy API, which may be
 * below a prefix. Undefined for anything else, and for a path that leads outside.
 */
export function proxiedPath(uri: string): string | undefined {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(?:\/\/[^/?#]*)?([^?#]*)/is.exec(uri) ?? [];
  const path = isProxyScheme(scheme) ? rest.replace(PROXY_API, '') : belowProxyApi(rest);
  const decoded = withoutTrailing(decodeOrLeave(path ?? '..').replace(/^\/+/, ''), '/');
  const leadsOutside = decoded.split(/[\\/]/).some((name) => name === '..' || name === '.');
  return leadsOutside ? undefined : decoded;
}

function isProxyScheme(scheme: string): boolean {
  return scheme.toLowerCase() === 'mlflow-artifacts';
}

function belowProxyApi(path: string): string | undefined {
  const at = path.indexOf('/api/2.0/mlflow-artifacts/artifacts/');
  return at < 0 ? undefined : path.slice(at).replace(PROXY_API, '');
}
