import { pageOfFigures } from '../../artifacts/figure/html-figures.js';
import { artifactFilter } from '../../artifacts/glob.js';
import { artifactKind } from '../../artifacts/kind.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import { withoutTrailing } from '../../mlflow/common/trailing.js';
import { displayedUri } from '../../mlflow/locations/displayed-uri.js';
import type { ArtifactFile, ArtifactRecord, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactPolicy } from '../../policies.js';
import type { ArtifactSource } from '../../stages/classify-artifacts.js';
import type { CarryOver } from './carry-over.js';

type Link = Extract<ArtifactRecord, { type: 'link' }>;

/**
 * The artifacts of a run, including those that Aim has and that cannot be read or listed now. Files from Aim take the same
 * way as all others, by their paths, so they get the places that they would have if they could be read.
 */
export class CarriedArtifacts implements ArtifactSource {
  readonly #listed = new Set<string>();
  readonly #unlisted = new Set<string>();
  readonly #taken = new Set<string>();

  constructor(
    private readonly carry: CarryOver,
    private readonly source: Pick<TrackingStore, 'artifacts' | 'openArtifact'>,
    private readonly policy: Pick<ArtifactPolicy, 'rules'>,
  ) {}

  /** What the source lists, then what may exist all the same. */
  async *artifacts(ref: RunRef, run: Run, context: StageContext): AsyncGenerator<ArtifactFile, void, void> {
    for await (const file of this.source.artifacts(ref, run, context)) {
      this.#listed.add(file.path);
      yield file;
    }
    this.#tellEmpty(run, context);
    if (!this.carry.unread.has('artifacts')) return;
    const root = withoutTrailing(displayedUri(run.artifactUri ?? ''), '/');
    for (const path of this.carry.take((kept) => [...kept.files.keys()]) ?? []) {
      if (!this.#isUnlisted(path)) continue;
      this.#unlisted.add(path);
      yield { path, uri: `${root}/${path}` };
    }
  }

  async *openArtifact(
    ref: RunRef,
    run: Run,
    file: ArtifactFile,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    if (!this.#unlisted.has(file.path)) {
      yield* this.source.openArtifact(ref, run, file, signal);
      return;
    }
    const bytes = this.kept(file.path);
    if (bytes !== undefined && bytes.length > 0) yield bytes;
  }

  readonly kept = (path: string): Uint8Array | undefined => {
    const bytes = this.carry.take((kept) => kept.bytes(path));
    if (bytes === undefined) return undefined;
    this.#taken.add(path);
    if (bytes instanceof Uint8Array) return bytes;
    const [first] = bytes.figures;
    return artifactKind(path) === 'figure' || first === undefined ? pageOfFigures(bytes.figures) : first;
  };

  /**
   * These records, then the links that Aim has to files that cannot be listed; also reports everything that was taken from
   * Aim.
   */
  async *followedByLinks(records: AsyncIterable<ArtifactRecord>): AsyncGenerator<ArtifactRecord> {
    yield* records;
    const { body } = this.carry.told;
    const links = this.#links();
    yield* links;
    this.carry.tellKept(body, 'artifacts', this.#taken.size + links.length);
  }

  /**
   * Nothing at all where there was something: a disk that is not mounted, for example, or a bucket whose prefix has changed.
   */
  #tellEmpty(run: Run, { notice }: StageContext): void {
    const { carry } = this;
    if (this.#listed.size > 0 || carry.unread.has('artifacts')) return;
    if (carry.peek((kept) => kept.hasArtifacts) !== true) return;
    const uri = displayedUri(run.artifactUri ?? '');
    const detail = 'Nothing is there, and Aim has artifacts of the run.';
    notice({ kind: 'artifacts-unreachable', uri, detail, reason: 'missing', empty: true });
  }

  #links(): Link[] {
    if (!this.carry.unread.has('artifacts')) return [];
    const isWanted = artifactFilter(this.policy.rules);
    const links = this.carry.take((kept) => kept.links) ?? [];
    return links.flatMap(({ path, uri }): Link[] =>
      this.#isUnlisted(path) && isWanted(path) ? [{ type: 'link', path, uri }] : [],
    );
  }

  #isUnlisted(path: string): boolean {
    return !this.#listed.has(path) && this.carry.unread.covers('artifacts', path);
  }
}
