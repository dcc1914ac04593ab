import type { ArtifactFile, StageContext } from '../../model.js';
import { MAX_ENTRIES } from '../common/bounds.js';
import { withoutTrailing } from '../common/trailing.js';
import { tooMany } from '../local/walk.js';
import { isListedBelow, listedOutside } from '../trust/listed-path.js';
import type { ArtifactRepository } from './artifact-repository.js';
import type { DownloadSlots } from './download-slots.js';
import { type FailedDownload, objectDownload } from './object-download.js';
import type { ObjectPlace } from './object-store.js';
import { isMissingPackage } from './optional-package.js';
import { storeError, storeRetryReason, unreachableReason } from './store-error.js';

/** The files of a run in an object store: every object whose key begins with the run's path and a slash. */
export class ObjectArtifacts implements ArtifactRepository {
  readonly #place: ObjectPlace;
  readonly #slots: DownloadSlots;
  readonly #prefix: string;
  readonly #withoutPackage: ArtifactRepository | undefined;

  /** @param withoutPackage has the files if the store's package is not installed */
  constructor(place: ObjectPlace, slots: DownloadSlots, withoutPackage?: ArtifactRepository) {
    this.#place = place;
    this.#slots = slots;
    this.#withoutPackage = withoutPackage;
    const path = withoutTrailing(place.path, '/');
    this.#prefix = path === '' ? '' : `${path}/`;
  }

  async *list(context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    const { signal, notice } = context;
    let files: ArtifactFile[];
    try {
      files = await this.#collect(context);
    } catch (cause) {
      signal.throwIfAborted();
      if (this.#withoutPackage !== undefined && isMissingPackage(cause)) {
        yield* this.#withoutPackage.list(context);
        return;
      }
      const uri = this.#uri;
      const error = storeError(cause, uri, this.#place.advice);
      if (error.kind === 'fatal') throw error;
      this.#place.store.failed(cause);
      const detail = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
      notice({ kind: 'artifacts-unreachable', uri, detail, reason: unreachableReason(cause) });
      return;
    }
    for (const file of files) {
      yield file;
      signal.throwIfAborted();
    }
  }

  async *open(file: ArtifactFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const release = await this.#slots.take(signal);
    try {
      const store = await this.#place.store.get();
      const key = `${this.#prefix}${file.path}`;
      const { base, retrying } = this.#place;
      const told = ({ cause, ...attempt }: FailedDownload) =>
        retrying?.({ server: withoutTrailing(base, '/'), what: key, ...storeRetryReason(cause), ...attempt });
      yield* objectDownload((from, version, stop) => store.read(key, from, version, stop), signal, { told });
    } catch (cause) {
      signal.throwIfAborted();
      if (this.#withoutPackage !== undefined && isMissingPackage(cause)) {
        yield* this.#withoutPackage.open(file, signal);
        return;
      }
      throw storeError(cause, file.uri, this.#place.advice);
    } finally {
      release();
    }
  }

  get #uri(): string {
    return `${this.#place.base}${this.#prefix.slice(0, -1)}`;
  }

  /** Stores list keys in byte order or in no order: all files of the run are needed before the first can be returned. */
  async #collect({ signal, notice }: StageContext): Promise<ArtifactFile[]> {
    const release = await this.#slots.take(signal);
    try {
      const files: ArtifactFile[] = [];
      const store = await this.#place.store.get();
      let listed = 0;
      for await (const page of store.list(this.#prefix, signal)) {
        signal.throwIfAborted();
        // a page counts as well: there may be no end of empty ones
        listed += 1 + page.length;
        if (listed > MAX_ENTRIES) {
          const { message } = tooMany(this.#uri);
          notice({ kind: 'artifacts-unreachable', uri: this.#uri, detail: message });
          break;
        }
        for (const { key, size, version } of page) {
          const path = key.slice(this.#prefix.length);
          const isBelow = key.startsWith(this.#prefix);
          const isMarker = path === '' || (size === 0 && path.endsWith('/'));
          if (isBelow && isMarker) continue;
          if (!isBelow || !isListedBelow('', path)) {
            notice(listedOutside(isBelow ? path : key));
            continue;
          }
          const uri = `${this.#place.base}${key}`;
          files.push({ path, size, uri, ...(version !== undefined && { version }) });
        }
      }
      this.#place.store.answered();
      return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    } finally {
      release();
    }
  }
}
