import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { toConvertError } from '../../errors.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactSkipReason, Notice, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactPolicy } from '../../policies.js';
import { type ExpectedPlace, expectedPlaces, extensionOf } from './artifact-places.js';
import { figureOfJson, figuresOfPage } from './figure-file.js';
import { globTest, isWantedBy } from './glob.js';
import { type ImageFacts, imageFacts } from './image-file.js';
import { tableOf } from './table-file.js';
import { logLines, textOf } from './text-file.js';

/** One file as it has to be in Aim. */
export interface ExpectedObject {
  readonly place: ExpectedPlace;
  /** Of the bytes, or of a text as UTF-8, in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly image?: ImageFacts;
}

export interface ExpectedLink {
  readonly name: string;
  readonly uri: string;
}

/** What Aim has to have of the files of a run. Digests instead of bytes, so that all of it fits into memory. */
export interface ExpectedArtifacts {
  readonly objects: readonly ExpectedObject[];
  readonly links: readonly ExpectedLink[];
  /** The lines of the terminal log. */
  readonly log: readonly string[] | undefined;
  /** How many files were left in MLflow, by reason. */
  readonly skipped: ReadonlyMap<ArtifactSkipReason, number>;
  readonly textsReplaced: number;
}

export interface ArtifactsSource {
  readonly store: Pick<TrackingStore, 'artifacts' | 'openArtifact'>;
  readonly ref: RunRef;
  readonly run: Run;
  readonly policy: ArtifactPolicy;
  /** Reads also the files that stay in MLflow, to see that they are there. */
  readonly readsLinked?: boolean;
}

/** More links than these in one directory become one to the directory. */
const MOST_LINKS = 200;

/** Reads all files of a run, one after the other. What cannot be read is told to `context.notice`. */
export async function expectedArtifacts(source: ArtifactsSource, context: StageContext): Promise<ExpectedArtifacts> {
  return source.policy.enabled ? new Reading(source, context).read() : NO_ARTIFACTS;
}

/** Of a run without files. */
export const NO_ARTIFACTS: ExpectedArtifacts = {
  objects: [],
  links: [],
  log: undefined,
  skipped: new Map(),
  textsReplaced: 0,
};

class Reading {
  private readonly objects: ExpectedObject[] = [];
  private readonly left: ArtifactFile[] = [];
  private readonly skipped = new Map<ArtifactSkipReason, number>();
  private log: string[] | undefined;
  private textsReplaced = 0;

  constructor(
    private readonly source: ArtifactsSource,
    private readonly context: StageContext,
  ) {}

  async read(): Promise<ExpectedArtifacts> {
    const { policy } = this.source;
    const isLog = policy.terminalLog === undefined ? () => false : globTest(policy.terminalLog);
    const { places, others } = expectedPlaces(await this.list(), policy.imageSequences);
    for (const file of others) this.leave(file, 'no-kind');
    // only the first that matches is the log, whether it can be read or not
    const logPath = places.find(({ kind, file }) => kind === 'text' && isLog(file.path))?.file.path;
    for (const place of places) await this.readPlace(place, place.file.path === logPath);
    if (this.source.readsLinked) for (const file of this.left) await this.drain(file);
    const { objects, log, skipped, textsReplaced } = this;
    return { objects, links: linksOf(this.left), log, skipped, textsReplaced };
  }

  private async list(): Promise<ArtifactFile[]> {
    const { store, ref, run, policy } = this.source;
    const isWanted = isWantedBy(policy.rules);
    const files: ArtifactFile[] = [];
    for await (const file of store.artifacts(ref, run, this.listing)) if (isWanted(file.path)) files.push(file);
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** What a listing leaves out itself is counted as well. */
  private get listing(): StageContext {
    const notice = (told: Notice) => {
      if (told.kind === 'artifact-skipped') this.count(told.reason);
      this.context.notice(told);
    };
    return { ...this.context, notice };
  }

  private async readPlace(place: ExpectedPlace, isLog: boolean): Promise<void> {
    const { kind, file } = place;
    const { policy } = this.source;
    const bytes = await this.bytesOf(file, kind === 'text' ? policy.maxTextSize : policy.maxSize);
    if (typeof bytes === 'string') return this.leave(file, bytes);
    if (kind === 'text') return this.addText(place, bytes, isLog);
    if (kind === 'figure') return this.addFigures(place, bytes);
    const image = kind === 'image' ? imageFacts(bytes) : undefined;
    if (kind === 'image' && image === undefined) return this.leave(file, 'not-an-image');
    this.objects.push({ place, sha256: sha256(bytes), bytes: bytes.length, ...(image !== undefined && { image }) });
  }

  private addText(place: ExpectedPlace, bytes: Uint8Array, isLog: boolean): void {
    const { text, isReplaced } = textOf(bytes);
    if (isReplaced) this.textsReplaced++;
    if (isLog) this.log = logLines(text);
    const figure = extensionOf(place.file.path) === 'json' ? figureOfJson(text) : undefined;
    if (figure !== undefined) {
      this.add({ ...place, kind: 'figure' }, figure);
      return;
    }
    this.add(place, text);
    const table = tableOf(place.file.path, text);
    if (table !== undefined) this.add({ ...place, kind: 'table' }, table);
  }

  private addFigures(place: ExpectedPlace, bytes: Uint8Array): void {
    const figures = figuresOfPage(bytes, this.source.policy.maxTextSize);
    if (figures === undefined) this.leave(place.file, 'too-large');
    else if (figures.length === 0) this.leave(place.file, 'no-kind');
    else for (const [step, figure] of figures.entries()) this.add({ ...place, step: BigInt(step) }, figure);
  }

  private add(place: ExpectedPlace, text: string): void {
    const utf8 = Buffer.from(text);
    this.objects.push({ place, sha256: sha256(utf8), bytes: utf8.length });
  }

  /** The bytes of a file, or why it stays in MLflow. */
  private async bytesOf(file: ArtifactFile, limit: number): Promise<Uint8Array | ArtifactSkipReason> {
    if (file.size !== undefined && file.size > limit) return 'too-large';
    const { store, ref, run } = this.source;
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of store.openArtifact(ref, run, file, this.context.signal)) {
        length += chunk.length;
        if (length > limit) return 'too-large';
        chunks.push(new Uint8Array(chunk));
      }
    } catch (cause) {
      this.context.signal.throwIfAborted();
      const error = toConvertError(cause, 'skip-item', file.uri);
      if (error.kind !== 'skip-item') throw error;
      this.context.notice({ kind: 'artifact-skipped', path: file.path, reason: 'unreadable', detail: error.sentence });
      return 'unreadable';
    }
    return Buffer.concat(chunks);
  }

  /** Reads a file to its end. One that cannot be read is told. */
  private async drain(file: ArtifactFile): Promise<void> {
    const { store, ref, run } = this.source;
    try {
      for await (const _ of store.openArtifact(ref, run, file, this.context.signal));
    } catch (cause) {
      this.context.signal.throwIfAborted();
      const { kind, sentence: detail } = toConvertError(cause, 'skip-item', file.uri);
      if (kind === 'fatal') throw cause;
      this.context.notice({ kind: 'artifact-skipped', path: file.path, reason: 'unreadable', detail });
    }
  }

  private leave(file: ArtifactFile, reason: ArtifactSkipReason): void {
    this.left.push(file);
    this.count(reason);
  }

  private count(reason: ArtifactSkipReason): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }
}

function linksOf(files: readonly ArtifactFile[]): ExpectedLink[] {
  const perDirectory = new Map<string, ArtifactFile[]>();
  for (const file of files) {
    const directory = posix.dirname(file.path);
    const inside = perDirectory.get(directory);
    if (inside === undefined) perDirectory.set(directory, [file]);
    else inside.push(file);
  }
  return [...perDirectory].flatMap(([directory, inside]) =>
    inside.length > MOST_LINKS
      ? [{ name: directory, uri: directoryOf(inside[0]!.uri) }]
      : inside.map(({ path, uri }) => ({ name: path, uri })),
  );
}

/** A URI without its last part. */
export function directoryOf(uri: string): string {
  const cut = uri.lastIndexOf('/');
  return cut < 0 ? uri : uri.slice(0, cut);
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
