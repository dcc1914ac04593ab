import { ConvertError, toConvertError } from '../errors.js';
import type {
  ArtifactFile,
  ArtifactPlace,
  ArtifactRecord,
  ArtifactRole,
  ArtifactSkipReason,
  StageContext,
} from '../model.js';
import type { ArtifactPolicy } from '../policies.js';
import { readImageHeader } from './image/header.js';
import { extensionOf } from './kind.js';
import { readBytes } from './read-bytes.js';
import { toUtf8 } from './text.js';

type Transferred = Extract<ArtifactRecord, { type: 'artifact' }>;

/** Why one file stays in MLflow, with a sentence about it. */
class Skip {
  constructor(
    readonly reason: ArtifactSkipReason,
    readonly detail: string,
  ) {}
}

/** The most bytes that a file may have in this role, to be transferred. */
export function sizeLimit(role: ArtifactRole, policy: ArtifactPolicy): number {
  return role === 'text' || role === 'log' ? policy.maxTextSize : policy.maxSize;
}

/** Whether a file stays in MLflow because of its size alone, as far as its listing tells that. */
export function isTooLarge({ role, file }: ArtifactPlace, policy: ArtifactPolicy): boolean {
  return file.size !== undefined && file.size > sizeLimit(role, policy);
}

/**
 * Turns the files of one run into records, and remembers those that it could not turn into one. A file that has two
 * places is told of once.
 */
export class Transfer {
  private readonly left = new Map<string, ArtifactFile>();
  private readonly replaced = new Set<string>();
  private readonly told = new Set<string>();
  private stopped = false;

  /**
   * @param open the bytes of a file; see TrackingStore.openArtifact.
   * @param kept what Aim has of a file that cannot be read.
   */
  constructor(
    private readonly open: (file: ArtifactFile) => AsyncIterable<Uint8Array>,
    private readonly policy: ArtifactPolicy,
    private readonly context: StageContext,
    private readonly kept: (path: string) => Uint8Array | undefined = () => undefined,
  ) {}

  /** The files that stay in MLflow, so far. */
  get notTransferred(): Iterable<ArtifactFile> {
    return this.left.values();
  }

  /** Takes note of a file of no kind. */
  leave(file: ArtifactFile): void {
    const extension = extensionOf(file.path);
    const what = extension === '' ? 'files without an extension' : `.${extension} files`;
    this.skip(file, new Skip('no-kind', `Aim has no place for ${what}.`));
  }

  /**
   * Reads a file into its record; undefined when it stays in MLflow. Rejects when the signal is aborted, or with an
   * error that concerns more than this file.
   */
  async read(place: ArtifactPlace): Promise<Transferred | undefined> {
    this.context.signal.throwIfAborted();
    if (this.left.has(place.file.path)) return undefined;
    const result = await this.tryRead(place);
    if (!(result instanceof Skip)) return result;
    this.skip(place.file, result);
    return undefined;
  }

  /** Lets a read that is under way end at its next chunk. */
  stop(): void {
    this.stopped = true;
  }

  private async tryRead(place: ArtifactPlace): Promise<Transferred | Skip> {
    const { file, role } = place;
    const limit = sizeLimit(role, this.policy);
    if (isTooLarge(place, this.policy)) return tooLarge(file.size, limit);
    const bytes = this.orKept(file, await this.readFile(file, limit));
    if (bytes instanceof Skip) return bytes;
    switch (role) {
      case 'image': {
        const image = readImageHeader(bytes);
        return image === undefined ? notAnImage(bytes) : { type: 'artifact', place, bytes, image };
      }
      case 'audio':
        return { type: 'artifact', place, bytes };
      default:
        return { type: 'artifact', place, bytes: this.asText(file, bytes) };
    }
  }

  /** A file that cannot be read is, as long as Aim has it, what it was when it was read. */
  private orKept(file: ArtifactFile, read: Uint8Array | Skip): Uint8Array | Skip {
    if (!(read instanceof Skip) || read.reason !== 'unreadable' || this.stopped) return read;
    const kept = this.kept(file.path);
    if (kept === undefined) return read;
    this.tell(file, read);
    return kept;
  }

  private async readFile(file: ArtifactFile, limit: number): Promise<Uint8Array | Skip> {
    try {
      const chunks = this.untilStopped(this.open(file));
      return (await readBytes(chunks, limit, file.size, this.context.signal)) ?? tooLarge(undefined, limit);
    } catch (cause) {
      this.context.signal.throwIfAborted();
      const error = toConvertError(cause, 'skip-item', file.uri);
      if (error.kind !== 'skip-item') throw error;
      return new Skip('unreadable', error.sentence);
    }
  }

  private async *untilStopped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.stopped) throw new ConvertError('skip-item', 'cancelled', 'Nobody asked for this file any more.');
      yield chunk;
    }
  }

  private asText(file: ArtifactFile, bytes: Uint8Array): Uint8Array {
    const text = toUtf8(bytes);
    if (text.replaced && !this.replaced.has(file.path)) {
      this.replaced.add(file.path);
      this.context.notice({ kind: 'text-replaced', path: file.path });
    }
    return text.bytes;
  }

  private skip(file: ArtifactFile, skip: Skip): void {
    this.left.set(file.path, file);
    this.tell(file, skip);
  }

  private tell(file: ArtifactFile, { reason, detail }: Skip): void {
    if (this.stopped || this.told.has(file.path)) return;
    this.told.add(file.path);
    const size = file.size === undefined ? {} : { size: file.size };
    this.context.notice({ kind: 'artifact-skipped', path: file.path, reason, detail, ...size });
  }
}

function tooLarge(size: number | undefined, limit: number): Skip {
  const has = size === undefined ? 'more bytes than that' : `${size} bytes`;
  return new Skip('too-large', `The limit for such files is ${limit} bytes; this one has ${has}.`);
}

function notAnImage(bytes: Uint8Array): Skip {
  const detail = bytes.length === 0 ? 'The file is empty.' : 'Its first bytes are of no image that Aim can show.';
  return new Skip('not-an-image', detail);
}
