/**
 * A value as Aim stores it. The JavaScript type gives Aim's type: `bigint` is an int64, `number` is a float (3 and 3.0
 * differ in Aim), a `Map` is a dict, an array is a list (Python's tuples too).
 */
export type AimValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly AimValue[]
  | AimDict
  | AimObject
  | AimBlob;

/** Keys are int64s or non-empty strings: nothing else can be encoded in a path. */
export type AimKey = string | bigint;

export type AimDict = ReadonlyMap<AimKey, AimValue>;

/** A custom object: `aim.image`, `aim.text`, `aim.artifact` … */
export class AimObject {
  constructor(
    readonly typeName: string,
    readonly fields: ReadonlyMap<string, AimValue>,
  ) {}
}

/** A value that is stored apart from its tree, under the `BLOBS` prefix, and that Aim loads only on request. */
export class AimBlob {
  constructor(readonly data: Uint8Array | string) {}
}
