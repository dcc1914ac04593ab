/** Where `gs://bucket/path` points; undefined if it names no bucket. */
export function gcsLocation(uri: string): { bucket: string; path: string; base: string } | undefined {
  const [, bucket, path = ''] = /^gs:\/\/(?:[^/?#]*@)?([^/?#@]+)(?:\/([^?#]*))?/is.exec(uri) ?? [];
  return bucket === undefined ? undefined : { bucket, path, base: `gs://${bucket}/` };
}
