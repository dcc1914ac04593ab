import type { NestedRun, NestedRuns } from '../../family.js';

export const PARENT_TAG = 'mlflow.parentRunId';
const NAME_TAG = 'mlflow.runName';

/** Of a name or id; the names of all nested runs of an experiment are held at once. */
const MAX_CHARACTERS = 1000;

/** Gathers the nested runs of one experiment, from all its runs or from those that may be nested. */
export class NestingBuilder {
  readonly #nested = new Map<string, NestedRun>();
  readonly #names = new Map<string, string>();

  add(
    runId: string,
    run: { readonly name?: string | undefined; readonly parentId?: string | undefined; readonly isDeleted: boolean },
  ): void {
    const name = run.name?.slice(0, MAX_CHARACTERS);
    if (name) this.#names.set(runId, name);
    const parentId = run.parentId?.slice(0, MAX_CHARACTERS);
    if (!parentId) return;
    this.#nested.set(runId, { ...(name && { name }), parentId, ...(run.isDeleted && { isDeleted: true }) });
  }

  /** The same, from a header. */
  addHeader(
    runId: string,
    {
      name,
      tags,
      lifecycleStage,
    }: { readonly name?: string; readonly tags: ReadonlyMap<string, string>; readonly lifecycleStage: string },
  ): void {
    const isDeleted = lifecycleStage === 'deleted';
    this.add(runId, { name: name || tags.get(NAME_TAG), parentId: tags.get(PARENT_TAG), isDeleted });
  }

  /** Parents of which nothing was added yet. */
  unnamedParents(): string[] {
    const parents = new Set([...this.#nested.values()].map(({ parentId }) => parentId!));
    return [...parents].filter((id) => !this.#nested.has(id) && !this.#names.has(id));
  }

  finish(): NestedRuns {
    const all = new Map(this.#nested);
    for (const { parentId = '' } of this.#nested.values()) {
      const name = this.#names.get(parentId);
      if (!all.has(parentId)) all.set(parentId, name === undefined ? {} : { name });
    }
    return all;
  }
}
