import { contextText } from '../../verify/compare/compare-values.js';
import type { Difference } from '../../verify/compare/differences.js';
import type { RunVerdict } from '../../verify/compare/verdict.js';
import type { Finding, SequenceId } from '../../verify/contents.js';

/** A difference or finding as a JSON object: int64s and contexts are texts. */
export type FindingRecord = Readonly<Record<string, string>>;

/** What differs, of one finding or difference, for the JSON log and `--differences`. */
export function findingRecord(finding: Finding<string> & Partial<Pick<Difference, 'cause'>>): FindingRecord {
  const { code, severity, cause, run, sequence, step, record, file, expected, found } = finding;
  const texts = { code, severity, cause, run, ...sequenceTexts(sequence), record, file, expected, found };
  const entries = Object.entries({ ...texts, step: step === undefined ? undefined : String(step) });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function sequenceTexts(sequence: SequenceId | undefined): { readonly sequence?: string; readonly context?: string } {
  if (sequence === undefined) return {};
  const { name, context } = sequence;
  return { sequence: name, ...(context.entries.size > 0 && { context: contextText(context) }) };
}

/** The verdict about a run as a JSON object, with the number of its differences instead of them. */
export function verdictRecord({ differences: _, differenceCount, findings, ...rest }: RunVerdict): object {
  return { ...rest, differences: differenceCount, findings: findings.length };
}
