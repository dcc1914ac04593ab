import { posix } from 'node:path';

/** Longer ones are not what people mean by an extension. */
const LONGEST_EXTENSION = 12;

/** The extension of a path in lower case with its dot; empty when it has none. */
export function fileExtension(path: string): string {
  const extension = posix.extname(path).toLowerCase();
  return extension.length > LONGEST_EXTENSION || /\s/.test(extension) ? '' : extension;
}
