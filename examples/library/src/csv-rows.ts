import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { ConvertError } from 'mlflow2aim';

/** A row of a CSV file by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** Reads a CSV file row by row; it is read no faster than the rows are taken. */
export async function* csvRows(file: string, signal: AbortSignal): AsyncGenerator<Row> {
  const parser = parse({ columns: true, trim: true });
  // the loop below meets the same error
  pipeline(createReadStream(file), parser, { signal }).catch(() => {});
  try {
    yield* parser as AsyncIterable<Row>;
  } catch (cause) {
    signal.throwIfAborted();
    throw explained(cause, file);
  }
}

/** How mlflow2aim is to react: to leave out what is no run, and to report what is a broken one. */
export function explained(cause: unknown, file: string): unknown {
  if (cause instanceof CsvError) {
    return new ConvertError('skip-run', 'damaged-file', `${file} is not a CSV file: ${cause.message}.`, { cause });
  }
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new ConvertError('not-a-run', 'run-not-found', `${file} does not exist.`, { cause });
  }
  return cause;
}
