/**
 * The position of a part in its file, from the `Content-Range` (`bytes 5-9/10`) and `Content-Length` of a response; without
 * a range, it is the whole file.
 */
export function rangeOf(
  contentRange: string | undefined,
  contentLength: number | undefined,
): { start: number; total?: number } {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
  if (first === undefined) return { start: 0, ...(contentLength !== undefined && { total: contentLength }) };
  return { start: Number(first), ...(total !== '*' && { total: Number(total) }) };
}
