import type { HttpClient } from '../../http/http-client.js';
import type { HttpRequest } from '../../http/http-request.js';
import { decodeOrLeave } from '../../locations/percent-decode.js';
import { PageTokens } from '../wire/page-tokens.js';
import { asText, fields, filled, list, numeric, optional } from '../wire/wire.js';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/** What lies in a directory; paths are relative to the run's artifact root. */
export interface ListedEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly size?: number;
}

/** How long a listing is repeated that the server cannot give. */
export type Patience = 'few after 500' | 'none';

/** One way to list and fetch the files below an artifact URI. */
export interface Transport {
  /** What is in a directory; '' for the root. */
  entries(directory: string, retries: Patience, signal: AbortSignal): Promise<ListedEntry[]>;
  /** The paths or URLs under which a file's bytes may be had, the best first. */
  sources(path: string): readonly string[];
}

/** What the tracking server fetches for its clients, wherever it lies. */
export class RunArtifacts implements Transport {
  readonly #query: string;

  constructor(
    private readonly client: HttpClient,
    runId: string,
  ) {
    const id = encodeURIComponent(runId);
    this.#query = `run_id=${id}&run_uuid=${id}`; // servers of MLflow 1 know the second name only
  }

  async entries(directory: string, retries: Patience, signal: AbortSignal): Promise<ListedEntry[]> {
    const found: ListedEntry[] = [];
    const tokens = new PageTokens(listing(directory, retries).what, this.client.server.shown);
    for (let token: string | undefined = ''; token !== undefined; ) {
      tokens.next(token);
      const page: string = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const where = directory === '' ? '' : `&path=${encodeURIComponent(directory)}`;
      const path = `/api/2.0/mlflow/artifacts/list?${this.#query}${where}${page}`;
      const answer = fields(await this.client.json({ ...listing(directory, retries), path }, signal));
      for (const file of list(answer.files)) {
        found.push({
          path: asText(file.path) ?? '',
          isDirectory: file.is_dir === true,
          ...optional('size', numeric(file.file_size)),
        });
      }
      token = filled(answer.next_page_token);
    }
    return found;
  }

  sources(path: string): readonly string[] {
    return [`/get-artifact?${this.#query}&path=${encodeURIComponent(path)}`];
  }
}

/** The proxy API of a tracking server, or of a server for artifacts only. Paths of its answers are names in a directory. */
export class ProxiedArtifacts implements Transport {
  /** @param root the URL below which files are found: `…/api/2.0/mlflow-artifacts/artifacts/<path>`; or its path */
  constructor(
    private readonly client: HttpClient,
    private readonly root: { readonly service: string; readonly path: string },
    private readonly run: RunArtifacts,
  ) {}

  async entries(directory: string, retries: Patience, signal: AbortSignal): Promise<ListedEntry[]> {
    const at = [this.root.path, encodeUrlPath(directory)].filter((part) => part !== '').join('/');
    const where = at === '' ? '' : `?path=${encodeURIComponent(decodeOrLeave(at))}`;
    const path = this.root.service + where;
    const answer = fields(await this.client.json({ ...listing(directory, retries), path }, signal));
    return list(answer.files).map((file) => ({
      path: directory === '' ? (asText(file.path) ?? '') : `${directory}/${asText(file.path) ?? ''}`,
      isDirectory: file.is_dir === true,
      ...optional('size', numeric(file.file_size)),
    }));
  }

  /** The tracking server fetches from its own proxy too; slower, but names that no header can hold come through. */
  sources(path: string): readonly string[] {
    const direct = [this.root.service, this.root.path, encodeUrlPath(path)].filter((part) => part !== '').join('/');
    return [direct, ...this.run.sources(path)];
  }
}

/**
 * The proxy that serves a location, as MLflow resolves it: `mlflow-artifacts:/path` is served by the tracking server,
 * `mlflow-artifacts://host/path` by that host with the scheme of the tracking server, a URL of the proxy API by itself.
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

function listing(directory: string, retries: Patience): Pick<HttpRequest, 'what' | 'retries' | 'nonFatal'> {
  const what = directory === '' ? 'the artifacts' : `the artifacts below ${directory}`;
  return { what, retries, nonFatal: true };
}

export function encodeUrlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
