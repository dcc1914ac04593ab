import { createHash } from 'node:crypto';

/** The UUID of a row that mlflow2aim makes (docs/mapping.md, "Identity"): of the digest of its name, as one of version 4. */
export function rowUuid(table: 'experiment' | 'tag', name: string): string {
  const digits = createHash('sha256').update(`mlflow2aim:${table}:${name}`).digest('hex').slice(0, 32).split('');
  digits[12] = '4';
  digits[16] = ((Number.parseInt(digits[16]!, 16) & 3) | 8).toString(16);
  const text = digits.join('');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => text.slice(from, to))
    .join('-');
}
