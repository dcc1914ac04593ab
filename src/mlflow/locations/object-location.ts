import { azureLocation } from './azure-location.js';
import { uriScheme } from './file-uri.js';
import { gcsLocation } from './gcs-location.js';
import { b2Location, r2Location, s3Location } from './s3-location.js';

/** A place in an object store of any kind. */
export interface ObjectLocation {
  /** The URI up to the keys: `s3://bucket/`. */
  readonly base: string;
  /** The prefix of the keys, without escapes. */
  readonly path: string;
}

const STORES: Readonly<Record<string, (uri: string) => ObjectLocation | undefined>> = {
  s3: s3Location,
  r2: r2Location,
  b2: b2Location,
  gs: gcsLocation,
  wasb: azureLocation,
  wasbs: azureLocation,
  abfs: azureLocation,
  abfss: azureLocation,
};

/** Where a URI of S3, R2, B2, Google Cloud Storage or Azure points; undefined for any other. */
export function objectLocation(uri: string): ObjectLocation | undefined {
  const scheme = uriScheme(uri) ?? '';
  return Object.hasOwn(STORES, scheme) ? STORES[scheme]?.(uri) : undefined;
}
