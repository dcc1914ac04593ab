/** Where a run's code came from, as MLflow's runs say themselves. */
export interface CodeSource {
  /** A script, a notebook, a project's URI. */
  readonly name?: string | undefined;
  /** LOCAL, NOTEBOOK, JOB, PROJECT. */
  readonly type?: string | undefined;
  /** The Git commit. */
  readonly version?: string | undefined;
}

/**
 * The tags of a run, with those that tell of its source. MLflow before 1.0 kept that in fields of the run; later versions
 * have tags for it, and write the fields only empty (the type, which has to be something, without a name).
 */
export function withSourceTags(
  tags: ReadonlyMap<string, string>,
  { name, type, version }: CodeSource,
): ReadonlyMap<string, string> {
  const ofFields = [
    ['mlflow.source.name', name],
    ['mlflow.source.type', name && type !== 'UNKNOWN' ? type : undefined],
    ['mlflow.source.git.commit', version],
  ] as const;
  const missing = ofFields.filter(([key, value]) => value && !tags.has(key));
  return missing.length === 0 ? tags : new Map([...tags, ...(missing as [string, string][])]);
}
