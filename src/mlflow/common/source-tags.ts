/** Where a run's code came from, as the run itself says. */
export interface CodeSource {
  /** A script, a notebook, a project's URI. */
  readonly name?: string | undefined;
  /** LOCAL, NOTEBOOK, JOB, PROJECT. */
  readonly type?: string | undefined;
  /** The Git commit. */
  readonly version?: string | undefined;
}

/**
 * Adds the tags about a run's code. MLflow before 1.0 kept that in fields of the run; later versions use tags, and leave the fields empty
 * (the type, which is required, comes without a name).
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
