/** The first version of Node that is supported, as `engines` in package.json says. */
const FIRST = [20, 19] as const;

/** Why this version of Node cannot run the command, as a sentence; undefined if it can. @param version such as `18.20.8` */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > FIRST[0] || (major === FIRST[0] && minor >= FIRST[1])) return undefined;
  return `mlflow2aim needs Node ${FIRST.join('.')} or later; this is ${version}.`;
}
