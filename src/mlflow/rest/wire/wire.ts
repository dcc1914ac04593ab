/** A JSON object of a response. MLflow omits unset fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one if it is not an object. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A list of objects; empty if the field is missing. */
export function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

/** A string; numbers are converted, because ids used to be numbers. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A non-empty string: protobuf does not distinguish empty from unset. */
export function filled(value: unknown): string | undefined {
  const found = asText(value);
  return found === '' ? undefined : found;
}

/** A number, bare or in a string. */
export function numeric(value: unknown): number | undefined {
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof found === 'number' && !Number.isNaN(found) ? found : undefined;
}

/** An int64, exact. */
export function int64(value: unknown): bigint | undefined {
  const found = asText(value);
  return found !== undefined && /^-?\d+$/.test(found) ? BigInt.asIntN(64, BigInt(found)) : undefined;
}

/** `[{key, value} …]` as a map; a missing value is ''. */
export function keyValues(value: unknown): Map<string, string> {
  return new Map(list(value).map((item) => [asText(item.key) ?? '', asText(item.value) ?? '']));
}

/** An object with one field, or with none when the value is undefined: for fields that may be absent. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
