/** The names that aimlflow uses. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['--mlflow-tracking-uri', '--tracking-uri'],
  ['--aim-repo', '--repo'],
]);

/** A flag as it is declared: `--aim_repo` is `--repo`. */
export function declaredFlag(flag: string): string {
  const name = flag.replaceAll('_', '-');
  return ALIASES.get(name) ?? name;
}
