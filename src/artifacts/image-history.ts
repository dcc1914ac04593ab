/** What the name of a file says that `mlflow.log_image(key=…, step=…)` wrote. */
export interface HistoryImage {
  readonly key: string;
  readonly step: bigint;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** The path up to and with the UUID: the same for an image and its compressed twin. */
  readonly stem: string;
  readonly compressed: boolean;
  readonly extension: 'png' | 'webp';
}

/** With `+` since MLflow 3.11.1, with `%` before (docs/mlflow-sources.md §4.2). */
const PATH =
  /^(?<stem>images\/(?<key>.+)(?<mark>[%+])step\k<mark>(?<step>-?\d{1,400})\k<mark>timestamp\k<mark>(?<timestamp>\d{1,400})\k<mark>[0-9a-f-]{36})(?<compressed>\k<mark>compressed)?\.(?<extension>png|webp)$/;

/** Reads the path of an image of a history; undefined for all other paths. */
export function parseHistoryImage(path: string): HistoryImage | undefined {
  const parts = PATH.exec(path)?.groups;
  if (parts === undefined) return undefined;
  const timestamp = Number(parts.timestamp);
  if (!Number.isSafeInteger(timestamp)) return undefined;
  return {
    // MLflow hides the slashes of a key; these two characters cannot occur in one otherwise.
    key: parts.key!.replaceAll(parts.mark === '+' ? '~' : '#', '/'),
    step: BigInt(parts.step!),
    timestamp,
    stem: parts.stem!,
    compressed: parts.compressed !== undefined,
    extension: parts.extension as 'png' | 'webp',
  };
}
