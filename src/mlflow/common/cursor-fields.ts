/** The fields of a cursor, which sources encode as a JSON array; empty for any other text. */
export function cursorFields(cursor: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(cursor);
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
