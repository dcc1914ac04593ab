import type { HttpClient } from '../../http/http-client.js';
import type { HttpRequest } from '../../http/http-request.js';
import { decodeOrLeave } from '../../locations/percent-decode.js';
import { PageTokens } from '../wire/page-tokens.js';
import { asText, fields, filled, numeric, list as objects, optional } from '../wire/wire.js';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/** A file or directory in a listing; the path is relative to the run's artifact root. */
export interface ListedEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly size?: number;
}

/** How often a failing listing is retried; see {@link HttpRequest.retries}. */
export type ListingRetries = 'few after 500' | 'none';

/** One way to list and fetch the files below an artifact URI. */
export interface Transport {
  /** Lists a directory; '' is the root. */
  list(directory: string, retries: ListingRetries, signal: AbortSignal): Promise<ListedEntry[]>;
  /** The paths or URLs from which a file can be downloaded, the best first. */
  sources(path: string): readonly string[];
}

/** Files that the tracking server fetches for its clients, from any kind of location. */
export class RunArtifacts implements Transport {
  readonly #query: string;

  constructor(
    private readonly client: HttpClient,
    runId: string,
  ) {
    const id = encodeURIComponent(runId);
    this.#query = `run_id=${id}&run_uuid=${id}`; // servers of MLflow 1 know only the second name
  }

  async list(directory: string, retries: ListingRetries, signal: AbortSignal): Promise<ListedEntry[]> {
    const found: ListedEntry[] = [];
    const tokens = new PageTokens(listing(directory, retries).what, this.client.server.shown);
    for (let token: string | undefined = ''; token !== undefined; ) {
      tokens.next(token);
      const page: string = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const where = directory === '' ? '' : `&path=${encodeURIComponent(directory)}`;
      const path = `/api/2.0/mlflow/artifacts/list?${this.#query}${where}${page}`;
      const response = fields(await this.client.json({ ...listing(directory, retries), path }, signal));
      for (const file of objects(response.files)) {
        found.push({
          path: asText(file.path) ?? '',
          isDirectory: file.is_dir === true,
          ...optional('size', numeric(file.file_size)),
        });
      }
      token = filled(response.next_page_token);
    }
    return found;
  }

  sources(path: string): readonly string[] {
    return [`/get-artifact?${this.#query}&path=${encodeURIComponent(path)}`];
  }
}

/** The proxy API of a tracking server, or of a server for artifacts only. It lists names, not paths. */
export class ProxiedArtifacts implements Transport {
  /** @param root `service` is the URL of the API, or its path on the tracking server; `path` that of the run below it */
  constructor(
    private readonly client: HttpClient,
    private readonly root: { readonly service: string; readonly path: string },
    private readonly run: RunArtifacts,
  ) {}

  async list(directory: string, retries: ListingRetries, signal: AbortSignal): Promise<ListedEntry[]> {
    const at = [this.root.path, encodeUrlPath(directory)].filter((part) => part !== '').join('/');
    const where = at === '' ? '' : `?path=${encodeURIComponent(decodeOrLeave(at))}`;
    const path = this.root.service + where;
    const response = fields(await this.client.json({ ...listing(directory, retries), path }, signal));
    return objects(response.files).map((file) => ({
      path: directory === '' ? (asText(file.path) ?? '') : `${directory}/${asText(file.path) ?? ''}`,
      isDirectory: file.is_dir === true,
      ...optional('size', numeric(file.file_size)),
    }));
  }

  /** get-artifact works for proxied files too: it is slower, but supports names that a header cannot hold. */
  sources(path: string): readonly string[] {
    const direct = [this.root.service, this.root.path, encodeUrlPath(path)].filter((part) => part !== '').join('/');
    return [direct, ...this.run.sources(path)];
  }
}

/**
 * The proxy API for a location, as MLflow resolves it: `mlflow-artifacts:/path` is on the tracking server,
 * `mlflow-artifacts://host/path` on that host with the scheme of the tracking server; a URL of the proxy API is its own.
 */
export function proxyUrl(
  artifactUri: string,
  server: { readonly origin: string; readonly prefix: string },
): { service: string; path: string } | undefined {
  const own = /^mlflow-artifacts:(?:\/\/([^/?#]*))?\/*([^?#]*)/s.exec(artifactUri);
  if (own !== null) {
    const [, host, path = ''] = own;
    if (!host) return { service: PROXY, path: encodeUrlPath(decodeOrLeave(path)) };
    const scheme = server.origin.slice(0, server.origin.indexOf(':'));
    return { service: `${scheme}://${host}${PROXY}`, path: encodeUrlPath(decodeOrLeave(path)) };
  }
  const direct = /^(https?:\/\/[^?#]*\/mlflow-artifacts\/artifacts)(?:\/+([^?#]*))?(?:[?#].*)?$/s.exec(artifactUri);
  return direct === null ? undefined : { service: direct[1]!, path: encodeUrlPath(decodeOrLeave(direct[2] ?? '')) };
}

function listing(directory: string, retries: ListingRetries): Pick<HttpRequest, 'what' | 'retries' | 'nonFatal'> {
  const what = directory === '' ? 'the artifacts' : `the artifacts below ${directory}`;
  return { what, retries, nonFatal: true };
}

/** Escapes each segment of a path. */
export function encodeUrlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
