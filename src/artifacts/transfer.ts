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
import { htmlFigures } from './figure/html-figures.js';
import { readImageHeader } from './image/header.js';
import { extensionOf } from './kind.js';
import { readBytes } from './read-bytes.js';
import { toUtf8 } from './text.js';
import { TextViews } from './text-views.js';

/** An artifact with its bytes. */
export type TransferredArtifact = Extract<ArtifactRecord, { type: 'artifact' }>;

/** Why one file stays in MLflow, with a sentence about it. */
class Skip {
  constructor(
    readonly reason: ArtifactSkipReason,
    readonly detail: string,
  ) {}
}

/** The most bytes that a file may have in this role, to be transferred. */
export function sizeLimit(role: ArtifactRole, policy: ArtifactPolicy): number {
  return isText(role) ? policy.maxTextSize : policy.maxSize;
}

function isText(role: ArtifactRole): boolean {
  return role === 'text' || role === 'log' || role === 'table';
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
  private readonly views = new TextViews();
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
   * Reads a file into its records: one, those of all figures in it, or none when it stays in MLflow or its content is not of this
   * place. Rejects when the signal is aborted, or with an error that concerns more than this file. The tentative places of a text come
   * behind its own.
   */
  async read(place: ArtifactPlace): Promise<readonly TransferredArtifact[]> {
    this.context.signal.throwIfAborted();
    const { path } = place.file;
    if (this.left.has(path) || (place.tentative && this.views.roleOf(path) !== place.role)) return [];
    const result = await this.tryRead(place);
    if (!(result instanceof Skip)) return result;
    // the text of a table is there
    if (place.role === 'table') this.tell(place.file, result);
    else this.skip(place.file, result);
    return [];
  }

  /** Lets a read that is under way end at its next chunk. */
  stop(): void {
    this.stopped = true;
  }

  private async tryRead(place: ArtifactPlace): Promise<readonly TransferredArtifact[] | Skip> {
    const { file, role } = place;
    if (place.tentative) return this.readView(place);
    const limit = sizeLimit(role, this.policy);
    if (isTooLarge(place, this.policy)) return tooLarge(file.size, limit);
    if (role === 'figure') return this.readPage(place);
    const bytes = this.orKept(file, await this.readFile(file, limit));
    if (bytes instanceof Skip) return bytes;
    switch (role) {
      case 'image': {
        const image = readImageHeader(bytes);
        return image === undefined ? notAnImage(bytes) : [{ type: 'artifact', place, bytes, image }];
      }
      case 'audio':
        return [{ type: 'artifact', place, bytes }];
      default: {
        const text = this.asText(file, bytes);
        if (role === 'text') await this.views.look(file, text);
        return role === 'text' && this.views.roleOf(file.path) === 'figure'
          ? []
          : [{ type: 'artifact', place, bytes: text }];
      }
    }
  }

  /** The figures of a page, one a step; a page without any stays in MLflow. */
  private async readPage(place: ArtifactPlace): Promise<readonly TransferredArtifact[] | Skip> {
    const { file } = place;
    const limits = { file: this.policy.maxSize, figures: this.policy.maxTextSize };
    const read = await this.reading(file, () => htmlFigures(this.chunks(file), limits));
    const kept = read instanceof Skip ? this.orKept(file, read) : undefined;
    const found = kept instanceof Uint8Array ? await htmlFigures([kept], limits) : (kept ?? read);
    if (found instanceof Skip) return found;
    if (found === 'too-large') return tooLargeFigures(limits.figures);
    if (found === undefined) return tooLarge(undefined, limits.file);
    if (found.length === 0) return new Skip('no-kind', 'Aim has no place for HTML files without a Plotly figure.');
    return found.map((bytes, step) => ({ type: 'artifact', place: { ...place, step: BigInt(step) }, bytes }));
  }

  /** What was found in a text. */
  private async readView({ tentative: _, ...place }: ArtifactPlace): Promise<readonly TransferredArtifact[] | Skip> {
    const { file } = place;
    const bytes = this.views.take(file.path) ?? (await this.makeView(file));
    return bytes instanceof Skip ? bytes : [{ type: 'artifact', place, bytes }];
  }

  private async makeView(file: ArtifactFile): Promise<Uint8Array | Skip> {
    const read = this.orKept(file, await this.readFile(file, this.policy.maxTextSize));
    if (read instanceof Skip) return read;
    return (
      (await this.views.make(file.path, toUtf8(read).bytes)) ?? new Skip('unreadable', 'The file has just changed.')
    );
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
    const read = () => readBytes(this.chunks(file), limit, file.size, this.context.signal);
    return (await this.reading(file, read)) ?? tooLarge(undefined, limit);
  }

  /** What `read` makes of a file, or that it cannot be read. */
  private async reading<T>(file: ArtifactFile, read: () => Promise<T>): Promise<T | Skip> {
    try {
      return await read();
    } catch (cause) {
      this.context.signal.throwIfAborted();
      const error = toConvertError(cause, 'skip-item', file.uri);
      if (error.kind !== 'skip-item') throw error;
      return new Skip('unreadable', error.sentence);
    }
  }

  /** The bytes of a file, until nobody asks for them any more. */
  private async *chunks(file: ArtifactFile): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.open(file)) {
      this.context.signal.throwIfAborted();
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

function tooLargeFigures(limit: number): Skip {
  return new Skip('too-large', `The limit for the figures of a page is ${limit} bytes; these have more.`);
}

function notAnImage(bytes: Uint8Array): Skip {
  const detail = bytes.length === 0 ? 'The file is empty.' : 'Its first bytes are of no image that Aim can show.';
  return new Skip('not-an-image', detail);
}
