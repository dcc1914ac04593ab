import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { ConvertError } from '../../../errors.js';
import type { ArtifactFile, StageContext, UnreachableReason } from '../../../model.js';
import type { ArtifactOpener, ArtifactRepository } from '../../artifacts/artifact-repository.js';
import { refusedArtifacts } from '../../artifacts/refused-artifacts.js';
import { withoutTrailing } from '../../common/trailing.js';
import type { HttpClient } from '../../http/http-client.js';
import { responseErrorOf } from '../../http/response-error.js';
import { displayedUri } from '../../locations/displayed-uri.js';
import { optional } from '../wire/wire.js';
import { pathAsServed } from './path-as-served.js';
import {
  encodeUrlPath,
  type ListedEntry,
  ProxiedArtifacts,
  proxyUrl,
  RunArtifacts,
  type Transport,
} from './server-transport.js';
import { decodedNameError, isSkippable, ServerWalk } from './server-walk.js';

/** After this many failed listings in a row, further ones are not retried. */
const MAX_FAILED_LISTINGS = 3;

/**
 * Artifacts through a tracking server. `mlflow-artifacts:` and `http(s):` locations are read through the proxy API of the tracking
 * server, or of another host if the user trusts it; others through `artifacts/list` and `get-artifact`, for which the server needs
 * access to them. At most as many directories are listed at once as there are connections.
 */
export class ServerArtifacts implements ArtifactOpener {
  readonly #failures = { inARow: 0 };

  constructor(private readonly client: HttpClient) {}

  at(runId: string, artifactUri: string | undefined): ArtifactRepository {
    const proxy = artifactUri === undefined ? undefined : proxyUrl(artifactUri, this.client.server);
    const reason = proxy && this.#notFollowedReason(proxy);
    if (reason !== undefined) return refusedArtifacts(artifactUri ?? '', reason);
    const transport =
      proxy === undefined
        ? new RunArtifacts(this.client, runId)
        : new ProxiedArtifacts(this.client, proxy, new RunArtifacts(this.client, runId));
    return new ServerRepository(this.client, transport, this.#failures, runId, artifactUri);
  }

  /** Why the proxy that a location names is not used; undefined if it is. */
  #notFollowedReason({ service, path }: { readonly service: string; readonly path: string }): string | undefined {
    if (path.split('/').some((name) => name === '..' || name === '.')) {
      return 'The artifact location contains . or .. and was not followed.';
    }
    if (service.startsWith('/')) return undefined;
    if (!URL.canParse(service)) return 'The artifact location is not a valid URL and was not followed.';
    const { origin } = new URL(service);
    if (this.client.trusts(origin)) return undefined;
    return `The artifact location names another server and was not followed; --trust-origin ${origin} follows it, with the credentials of the tracking server.`;
  }

  /** The connections belong to the client, which its owner closes. */
  async close(): Promise<void> {}
}

class ServerRepository implements ArtifactRepository {
  constructor(
    private readonly client: HttpClient,
    private readonly transport: Transport,
    /** Listings of all runs that failed since the last success. */
    private readonly failures: { inARow: number },
    private readonly runId: string,
    private readonly artifactUri: string | undefined,
  ) {}

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    let files: ListedEntry[];
    try {
      files = await this.#walk(context);
      this.failures.inARow = 0;
    } catch (cause) {
      context.signal.throwIfAborted();
      if (!isSkippable(cause)) throw cause;
      this.failures.inARow++;
      context.notice({
        kind: 'artifacts-unreachable',
        uri: this.#uriOf(''),
        detail: cause.sentence,
        reason: reasonOf(cause),
      });
      return;
    }
    for (const { path, size } of files.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      yield { path, uri: this.#uriOf(path), ...optional('size', size) };
      context.signal.throwIfAborted();
    }
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.#download(file.path, signal);
    } catch (cause) {
      if (signal.aborted || !isSkippable(cause)) throw cause;
      throw new ConvertError('skip-item', cause.code, cause.message, { where: file.uri, cause });
    }
  }

  /** From the first source that has the file. After the first byte there is no other. */
  async *#download(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    if (pathAsServed(path) !== path) throw decodedNameError(path);
    const request = { what: `artifact ${path} of run ${this.runId}`, nonFatal: true } as const;
    const [first = '', second] = this.transport.sources(path);
    let started = false;
    try {
      const retries = second === undefined ? 'few after 500' : 'few';
      for await (const chunk of this.client.download({ ...request, path: first, retries }, signal)) {
        started = true;
        yield chunk;
      }
    } catch (cause) {
      if (signal.aborted || started || second === undefined || !isSkippable(cause)) throw cause;
      yield* this.client.download({ ...request, path: second, retries: 'few after 500' }, signal);
    }
  }

  #walk(context: StageContext): Promise<ListedEntry[]> {
    const limit = pLimit(this.client.concurrency);
    const retries = this.failures.inARow < MAX_FAILED_LISTINGS ? 'few after 500' : 'none';
    const list = (directory: string) => limit(() => this.transport.list(directory, retries, context.signal));
    return new ServerWalk(list, context).files();
  }

  /** The URI of a file as MLflow names it; '' is the run's artifacts. */
  #uriOf(path: string): string {
    const base = this.#root();
    return path === '' ? base : `${withoutTrailing(base, '/')}/${encodeUrlPath(path)}`;
  }

  #root(): string {
    const root = this.artifactUri ?? '';
    if (/^[a-z][a-z0-9+.-]+:/i.test(root)) return displayedUri(root);
    return root.startsWith('/') ? pathToFileURL(root).href : `runs:/${this.runId}`; // a relative path is relative to the server
  }
}

/** Why nothing could be listed, by the status of the response. */
function reasonOf(cause: ConvertError): UnreachableReason {
  const status = responseErrorOf(cause)?.status;
  if (status === 404) return 'missing';
  return status === 401 || status === 403 ? 'no-access' : 'failed';
}
