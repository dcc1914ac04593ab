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

/** So many runs in turn whose files a server cannot list, and it is asked once only for those of the next. */
const PATIENT_WITH = 3;

/**
 * Artifacts through a tracking server: `mlflow-artifacts:` and `http(s):` locations through the proxy API of the host that
 * they name, if the user trusts it, or of the tracking server; any other through its `artifacts/list` and `get-artifact`, for which the server
 * needs access to them. At most as many directories as there are connections are listed"none"
 */
export class ServerArtifacts implements ArtifactOpener {
  readonly #outcomes = { failedInTurn: 0 };

  constructor(private readonly client: HttpClient) {}

  at(runId: string, artifactUri: string | undefined): ArtifactRepository {
    const proxy = artifactUri === undefined ? undefined : proxyUrl(artifactUri, this.client.server);
    const refusal = proxy && this.#responseErrorOf(proxy);
    if (refusal !== undefined) return refusedArtifacts(artifactUri ?? '', refusal);
    const transport =
      proxy === undefined
        ? new RunArtifacts(this.client, runId)
        : new ProxiedArtifacts(this.client, proxy, new RunArtifacts(this.client, runId));
    return new ServerRepository(this.client, transport, this.#outcomes, runId, artifactUri);
  }

  /** Why the proxy that a location names is not to be asked; undefined when it is. */
  #responseErrorOf({ service, path }: { readonly service: string; readonly path: string }): string | undefined {
    if (path.split('/').some((name) => name === '..' || name === '.')) {
      return 'The artifact location leads out of where it begins, and was not followed.';
    }
    if (service.startsWith('/')) return undefined;
    if (!URL.canParse(service)) return 'The artifact location is no URL, and was not followed.';
    const { origin } = new URL(service);
    if (this.client.trusts(origin)) return undefined;
    return `The artifact location names another server, and was not followed; --trust-origin ${origin} follows it, with the credentials of the tracking server.`;
  }

  /** The connections are those of the client, which its owner closes. */
  async close(): Promise<void> {}
}

class ServerRepository implements ArtifactRepository {
  constructor(
    private readonly client: HttpClient,
    private readonly transport: Transport,
    /** Of all runs. */
    private readonly outcomes: { failedInTurn: number },
    private readonly runId: string,
    private readonly artifactUri: string | undefined,
  ) {}

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    let files: ListedEntry[];
    try {
      files = await this.#walk(context);
      this.outcomes.failedInTurn = 0;
    } catch (cause) {
      context.signal.throwIfAborted();
      if (!isSkippable(cause)) throw cause;
      this.outcomes.failedInTurn++;
      context.notice({
        kind: 'artifacts-unreachable',
        uri: this.#shown(''),
        detail: cause.sentence,
        reason: reasonOf(cause),
      });
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
      if (signal.aborted || !isSkippable(cause)) throw cause;
      throw new ConvertError('skip-item', cause.code, cause.message, { where: file.uri, cause });
    }
  }

  /** From the first of the sources that has it. Once bytes have come, there is no other. */
  async *#download(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    if (pathAsServed(path) !== path) throw decodedNameError(path);
    const asked = { what: `artifact ${path} of run ${this.runId}`, nonFatal: true } as const;
    const [first = '', second] = this.transport.sources(path);
    let begun = false;
    try {
      const retries = second === undefined ? 'few after 500' : 'few';
      for await (const chunk of this.client.download({ ...asked, path: first, retries }, signal)) {
        begun = true;
        yield chunk;
      }
    } catch (cause) {
      if (signal.aborted || begun || second === undefined || !isSkippable(cause)) throw cause;
      yield* this.client.download({ ...asked, path: second, retries: 'few after 500' }, signal);
    }
  }

  #walk(context: StageContext): Promise<ListedEntry[]> {
    const limit = pLimit(this.client.concurrency);
    const patience = this.outcomes.failedInTurn < PATIENT_WITH ? 'few after 500' : 'none';
    const list = (directory: string) => limit(() => this.transport.entries(directory, patience, context.signal));
    return new ServerWalk(list, context).files();
  }

  /** Where the bytes lie in MLflow, as MLflow calls it. */
  #shown(path: string): string {
    const base = this.#root();
    return path === '' ? base : `${withoutTrailing(base, '/')}/${encodeUrlPath(path)}`;
  }

  #root(): string {
    const root = this.artifactUri ?? '';
    if (/^[a-z][a-z0-9+.-]+:/i.test(root)) return displayedUri(root);
    return root.startsWith('/') ? pathToFileURL(root).href : `runs:/${this.runId}`; // a relative one is the server's
  }
}

/** What an answer says about why nothing could be listed. */
function reasonOf(cause: ConvertError): UnreachableReason {
  const status = responseErrorOf(cause)?.status;
  if (status === 404) return 'missing';
  return status === 401 || status === 403 ? 'no-access' : 'failed';
}
