/** A place in S3 or a compatible store. */
export interface S3Location {
  readonly bucket: string;
  readonly path: string;
  /** A URL; absent for the endpoint from the environment, or else AWS. */
  readonly endpoint?: string;
  /** Absent for the region from the environment. */
  readonly region?: string;
  readonly addressing?: 'path' | 'virtual';
  /** The URI up to the key, without credentials. */
  readonly base: string;
}

/** `scheme://[userinfo@]host/path`; like MLflow, ends the path at `?` and `#`. */
const PARTS = /^[A-Za-z][\w+.-]*:\/\/(?:([^/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?/s;

/** Where `s3://bucket/path` points; undefined if it names no bucket. */
export function s3Location(uri: string): S3Location | undefined {
  const [, , bucket, path = ''] = PARTS.exec(uri) ?? [];
  return bucket === undefined ? undefined : { bucket, path, base: `s3://${bucket}/` };
}

/**
 * Where `r2://bucket@account.r2.cloudflarestorage.com/path` points (mlflow/store/artifact/r2_artifact_repo.py). Other hosts
 * are rejected: they would receive the session token.
 */
export function r2Location(uri: string): S3Location | undefined {
  const [, bucket, host, path = ''] = PARTS.exec(uri) ?? [];
  if (!isBucket(bucket) || host === undefined || !/^[a-z0-9.-]+\.r2\.cloudflarestorage\.com$/i.test(host))
    return undefined;
  const base = `r2://${bucket}@${host}/`;
  return { bucket, path, endpoint: `https://${host}`, region: 'auto', addressing: 'virtual', base };
}

/** The same for `b2://bucket@s3.<region>.backblazeb2.com/path` (mlflow/store/artifact/b2_artifact_repo.py). */
export function b2Location(uri: string): S3Location | undefined {
  const [, bucket, host, path = ''] = PARTS.exec(uri) ?? [];
  const region = /^s3\.([a-z0-9-]+)\.backblazeb2\.com$/i.exec(host ?? '')?.[1];
  if (!isBucket(bucket) || host === undefined || region === undefined) return undefined;
  const base = `b2://${bucket}@${host}/`;
  return { bucket, path, endpoint: `https://${host}`, region, addressing: 'path', base };
}

function isBucket(name: string | undefined): name is string {
  return name !== undefined && /^[\w.-]+$/.test(name);
}
