import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { ConvertError } from '../../errors.js';
import type { ArtifactFile, StageContext } from '../../model.js';
import type { HttpClient } from '../rest/http-client.js';
import { fields, filled, list, numeric, optional, text } from '../rest/wire.js';
import type { ArtifactOpener, ArtifactRepository } from './artifact-repository.js';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/** What lies in a directory; paths are relative to the run's artifact root. */
interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly size?: number;
}

/** One way to list and fetch the files below an artifact URI. */
interface Transport {
  /** What is in a directory; '' for the root. */
  entries(directory: string, signal: AbortSignal): Promise<Entry[]>;
  /** The paths or URLs under which a file's bytes may be had, the best first. */
  sources(path: string): readonly string[];
}

/**
 * Artifacts through a tracking server: `mlflow-artifacts:` and `http(s):` locations through the proxy API of the host that
 * they name, or of the tracking server; any other through its `artifacts/list` and `get-artifact`, for which the server
 * needs access to them. At most as many directories as there are connections are listed at once.
 */
export class ServerArtifacts implements ArtifactOpener {
  constructor(private readonly client: HttpClient) {}

  at(runId: string, artifactUri: string | undefined): ArtifactRepository {
    const proxy = artifactUri === undefined ? undefined : proxyUrl(artifactUri, this.client.server);
    const transport =
      proxy === undefined
        ? new RunArtifacts(this.client, runId)
        : new ProxiedArtifacts(this.client, proxy, new RunArtifacts(this.client, runId));
    return new ServerRepository(this.client, transport, runId, artifactUri);
  }

  /** The connections are those of the client, which its owner closes. */
  async close(): Promise<void> {}
}

class ServerRepository implements ArtifactRepository {
  constructor(
    private readonly client: HttpClient,
    private readonly transport: Transport,
    private readonly runId: string,
    private readonly artifactUri: string | undefined,
  ) {}

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    let files: Entry[];
    try {
      files = await this.#walk(context);
    } catch (cause) {
      context.signal.throwIfAborted();
      if (!isPassable(cause)) throw cause;
      context.notice({ kind: 'artifacts-unreachable', uri: this.#shown(''), detail: cause.sentence });
      return;
    }
    for (const { path, size } of files.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      yield { path, uri: this.#shown(path), ...optional('size', size) };
      context.signal.throwIfAborted();
    }
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.#download(file.path, signal);
    } catch (cause) {
      if (signal.aborted || !isPassable(cause)) throw cause;
      throw new ConvertError('skip-item', cause.message, { where: file.uri, cause });
    }
  }

  /** From the first of the sources that has it. Once bytes have come, there is no other. */
  async *#download(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const what = `artifact ${path} of run ${this.runId}`;
    const [first = '', second] = this.transport.sources(path);
    let begun = false;
    try {
      const giveUpEarly = second === undefined ? 'at 500' : 'at any trouble';
      for await (const chunk of this.client.download({ path: first, what, giveUpEarly }, signal)) {
        begun = true;
        yield chunk;
      }
    } catch (cause) {
      if (signal.aborted || begun || second === undefined || !isPassable(cause)) throw cause;
      yield* this.client.download({ path: second, what, giveUpEarly: 'at 500' }, signal);
    }
  }

  /** All files; a directory that cannot be listed below one that can is a notice of its own. */
  async #walk({ signal, notice }: StageContext): Promise<Entry[]> {
    const files: Entry[] = [];
    const limit = pLimit(this.client.concurrency);
    const listed = new Set(['']);
    const visit = async (directory: string): Promise<void> => {
      const entries = await limit(() => this.transport.entries(directory, signal));
      const below: string[] = [];
      for (const entry of entries) {
        if (!entry.isDirectory) files.push(entry);
        else if (!listed.has(entry.path)) {
          listed.add(entry.path);
          below.push(entry.path);
        }
      }
      await Promise.all(
        below.map((path) =>
          visit(path).catch((cause: unknown) => {
            if (signal.aborted || !isPassable(cause)) throw cause;
            notice({ kind: 'artifact-skipped', path, reason: 'unreadable', detail: cause.sentence });
          }),
        ),
      );
    };
    await visit('');
    return files;
  }

  /** Where the bytes lie in MLflow, as MLflow calls it. */
  #shown(path: string): string {
    const base = this.#root();
    return path === '' ? base : `${base.replace(/\/+$/, '')}/${encodePath(path)}`;
  }

  #root(): string {
    const root = this.artifactUri ?? '';
    if (/^[a-z][a-z0-9+.-]+:/i.test(root)) return withoutCredentials(root);
    return root.startsWith('/') ? pathToFileURL(root).href : `runs:/${this.runId}`; // a relative one is the server's
  }
}

/** What the tracking server fetches for its clients, wherever it lies. */
class RunArtifacts implements Transport {
  readonly #query: string;

  constructor(
    private readonly client: HttpClient,
    runId: string,
  ) {
    const id = encodeURIComponent(runId);
    this.#query = `run_id=${id}&run_uuid=${id}`; // servers of MLflow 1 know the second name only
  }

  async entries(directory: string, signal: AbortSignal): Promise<Entry[]> {
    const found: Entry[] = [];
    const seen = new Set<string>();
    for (let token: string | undefined = ''; token !== undefined; ) {
      if (seen.has(token)) throw new ConvertError('skip-run', 'The server lists artifacts without end.');
      seen.add(token);
      const page: string = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const where = directory === '' ? '' : `&path=${encodeURIComponent(directory)}`;
      const path = `/api/2.0/mlflow/artifacts/list?${this.#query}${where}${page}`;
      const answer = fields(await this.client.json({ path, what: whatOf(directory) }, signal));
      for (const file of list(answer.files)) {
        found.push({
          path: text(file.path) ?? '',
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
class ProxiedArtifacts implements Transport {
  /** @param root the URL below which files are found: `…/api/2.0/mlflow-artifacts/artifacts/<path>`; or its path */
  constructor(
    private readonly client: HttpClient,
    private readonly root: { readonly service: string; readonly path: string },
    private readonly run: RunArtifacts,
  ) {}

  async entries(directory: string, signal: AbortSignal): Promise<Entry[]> {
    const at = [this.root.path, encodePath(directory)].filter((part) => part !== '').join('/');
    const where = at === '' ? '' : `?path=${encodeURIComponent(decodePath(at))}`;
    const answer = fields(await this.client.json({ path: this.root.service + where, what: whatOf(directory) }, signal));
    return list(answer.files).map((file) => ({
      path: posix.join(directory, text(file.path) ?? ''),
      isDirectory: file.is_dir === true,
      ...optional('size', numeric(file.file_size)),
    }));
  }

  /** The tracking server fetches from its own proxy too; slower, but names that no header can hold come through. */
  sources(path: string): readonly string[] {
    const direct = [this.root.service, this.root.path, encodePath(path)].filter((part) => part !== '').join('/');
    return [direct, ...this.run.sources(path)];
  }
}

/**
 * The proxy that serves a location, as MLflow resolves it: `mlflow-artifacts:/path` is served by the tracking server,
 * `mlflow-artifacts://host/path` by that host with the scheme of the tracking server, a URL of the proxy API by itself.
 */
function proxyUrl(
  artifactUri: string,
  server: { readonly origin: string; readonly prefix: string },
): { service: string; path: string } | undefined {
  const own = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*)$/s.exec(artifactUri);
  if (own !== null) {
    const [, host, path = ''] = own;
    if (!host) return { service: PROXY, path: encodePath(decodePath(path)) };
    const scheme = server.origin.slice(0, server.origin.indexOf(':'));
    return { service: `${scheme}://${host}${PROXY}`, path: encodePath(decodePath(path)) };
  }
  const direct = /^(https?:\/\/.*\/mlflow-artifacts\/artifacts)(?:\/+(.*))?$/s.exec(artifactUri);
  return direct === null ? undefined : { service: direct[1]!, path: encodePath(decodePath(direct[2] ?? '')) };
}

/** True for trouble with this location or file only. */
function isPassable(cause: unknown): cause is ConvertError {
  return cause instanceof ConvertError && cause.kind !== 'fatal';
}

function whatOf(directory: string): string {
  return directory === '' ? 'the artifacts' : `the artifacts below ${directory}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function withoutCredentials(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
