import type { Finding, StructureCode } from '../contents.js';
import { showSequence } from './show.js';

/** What each finding means, for people. */
const MEANINGS: Readonly<Record<StructureCode, string>> = {
  'rows-damaged': 'the database of runs, experiments and labels is damaged',
  'row-malformed': 'a row has a value that Aim does not understand',
  'row-dangling': 'a row refers to one that is not there',
  'row-without-database': 'Aim lists the run, but its data are not there',
  'database-without-row': 'the run has data, but Aim does not list it',
  'database-missing': 'the database with the points of the run is missing',
  'database-damaged': 'a database of the run cannot be read',
  'file-leftover': 'left behind by an interrupted program; harmless',
  'record-malformed': 'a record cannot be understood',
  'record-unknown': 'a record is none that Aim knows',
  'record-missing': 'a record is missing',
  'context-hash': 'a context is filed under a wrong id',
  'context-missing': 'a context is missing',
  'catalogue-missing': 'a catalogue lacks an entry',
  'catalogue-extra': 'a catalogue has an entry too many',
  'catalogue-differs': 'what the repository has in common differs from the run',
  'summary-differs': 'the summary does not fit the points',
  'sequence-without-points': 'there are no points',
  'points-without-sequence': 'there are points of a sequence that the run does not list',
  'step-hash': 'a point is filed under the hash of another step',
  'point-incomplete': 'a point is incomplete',
  'point-malformed': 'a point has a value of a wrong type',
  'object-malformed': 'an object lacks a field, or has one of a wrong type',
  'blob-missing': 'the bytes of an object are missing',
  'blob-extra': 'there are bytes that belong to nothing',
  'index-damaged': "Aim's index cannot be read",
  'index-missing': 'Aim has no index, and reads each run instead, which is slow',
  'index-checksum':
    "the checksum in Aim's index is not that of the files, as after a repository was moved; Aim will index the run anew",
  'index-behind': "Aim's index is older than the run; Aim will index the run anew (`aim up`, `aim storage reindex`)",
  'index-run-missing': "Aim's index lacks the run, so that queries do not find it; `aim storage reindex` adds it",
  'index-entry-missing': "Aim's index lacks an entry",
  'index-entry-extra': "Aim's index has an entry too many",
  'index-entry-differs': "Aim's index differs from the run",
};

/** What findings of this kind are about, for people. */
export function meaningOf(code: StructureCode): string {
  return MEANINGS[code];
}

/** These are told by a sentence of their own, which names the file. */
const TOLD_BY_SENTENCE: ReadonlySet<StructureCode> = new Set(['database-damaged', 'index-damaged', 'rows-damaged']);

/** A finding in one line: where, what, and both values. */
export function describeFinding(finding: Finding): string {
  const { code, run, sequence, step, record, file, expected, found } = finding;
  if (TOLD_BY_SENTENCE.has(code) && found !== undefined) return found;
  const where = [
    run === undefined ? undefined : `run ${run}`,
    sequence === undefined ? undefined : showSequence(sequence),
    step === undefined ? undefined : `step ${step}`,
    record,
    file !== undefined && found?.includes(file) !== true ? file : undefined,
  ].filter((one) => one !== undefined);
  const values = [
    expected === undefined ? undefined : `expected ${expected}`,
    found === undefined ? undefined : `found ${found}`,
  ].filter((one) => one !== undefined);
  const place = where.length === 0 ? '' : `${where.join(', ')}: `;
  return `${place}${MEANINGS[code]}${values.length === 0 ? '' : ` (${values.join(', ')})`}`;
}
