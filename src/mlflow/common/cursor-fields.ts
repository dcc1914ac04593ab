/** The fields of a mark, which a source keeps as a JSON array; none for what is no such text. */
export function markFields(mark: string): readonly unknown[] {
  try {
    const fields: unknown = JSON.parse(mark);
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}
