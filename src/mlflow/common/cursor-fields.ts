/** The fields of a mark, which a source keeps as a JSON array; none for what is no such text. */
export function cursorFields(cursor: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(cursor);
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
