/** When a row was made and last changed, as stored. */
export interface RowMarks {
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/**
 * Whether a row is as mlflow2aim has made it, so that nothing in it is a person's: it has one time in both columns, in whole
 * milliseconds. Whatever Aim changes in a row sets `updated_at` to that moment, in microseconds, and of a row that it makes the two differ.
 */
export function isUntouched({ createdAt, updatedAt }: RowMarks): boolean {
  return createdAt !== null && createdAt === updatedAt && createdAt.endsWith('000');
}
