import type { ExperimentRow, LabelRow, NoteRow, RunRow } from '../contents.js';
import { STATUS_COLORS } from '../expected/labels.js';
import { type ExpectedProperties, rowTime } from '../expected/properties.js';
import { rowUuid } from '../expected/row-uuid.js';
import type { RowFacts } from './compare-row.js';
import type { Cause, Differences } from './differences.js';
import { isUntouched } from './row-marks.js';
import { causeOf } from './run-facts.js';
import { show } from './show.js';

/** Compares the labels of a run. Which of them it has leaves no mark in Aim: any label may have been added, and any removed. */
export function compareLabels(
  { labels }: ExpectedProperties,
  row: RunRow,
  facts: RowFacts,
  differences: Differences,
): void {
  const found = new Set(row.labels.map(({ name }) => name));
  const before = new Set(facts.written?.labels.map(({ name }) => name));
  for (const label of labels) {
    if (found.has(label)) continue;
    const cause = before.has(label) ? 'changed-in-aim' : causeOf(facts, 'label-missing', undefined);
    differences.add('label-missing', cause, { expected: show(label) });
  }
  for (const label of row.labels) {
    if (labels.includes(label.name)) compareLabel(label, differences);
    else differences.add('label-extra', causeOfExtra(label, before, facts), { found: show(label.name) });
  }
}

function causeOfExtra(label: LabelRow, before: ReadonlySet<string>, facts: RowFacts): Cause {
  // nobody makes a label so, nor changes its name without a mark
  if (isUntouched(label) && label.uuid !== rowUuid('tag', label.name)) return 'unexplained';
  if (!before.has(label.name)) return 'changed-in-aim';
  // it may be of a tag that cannot be read
  return facts.unread.touches('tags') ? 'kept' : causeOf(facts, 'label-missing', undefined);
}

/** A label that was there before keeps its colour, which that of a tag may have from another conversion. */
function compareLabel(found: LabelRow, differences: Differences): void {
  const { name } = found;
  const [uuid, color] = [rowUuid('tag', name), STATUS_COLORS.get(name)];
  const cause: Cause = isUntouched(found) ? 'unexplained' : 'changed-in-aim';
  const tell = (record: string, expected: string, value: string | null) =>
    differences.add('label-differs', cause, { record, expected: show(expected), found: show(value ?? undefined) });
  if (found.uuid === uuid && color !== undefined && found.color !== color) tell('tag.color', color, found.color);
  // nobody else makes such rows
  if (found.uuid !== uuid && cause === 'unexplained') tell('tag.uuid', uuid, found.uuid);
}

/** Compares the notes of a run. One that a person removes leaves no mark in Aim; one that a person makes or changes does. */
export function compareNotes(
  { note, createdAt }: ExpectedProperties,
  row: RunRow,
  facts: RowFacts,
  differences: Differences,
): void {
  const before = facts.written?.note;
  const ours = row.notes.find(({ content }) => content === note);
  const ofTag = causeOf(facts, 'note-missing', 'tags', 'mlflow.note.content');
  if (note !== undefined && ours === undefined) {
    differences.add('note-missing', before === note ? 'changed-in-aim' : ofTag, { expected: show(note) });
  }
  if (note !== undefined && ours !== undefined) compareNoteTime(ours, rowTime(createdAt), differences);
  for (const other of row.notes) {
    if (other === ours && note !== undefined) continue;
    const isOurs = other.content === before && other.content !== note;
    const cause: Cause = isOurs || isUntouched(other) ? ofTag : 'changed-in-aim';
    differences.add('note-extra', cause, { found: show(other.content) });
  }
}

/** A note has the time of its run, but one that a person has made or changed. */
function compareNoteTime(found: NoteRow, expected: string, differences: Differences): void {
  if (found.createdAt === expected) return;
  if (!isUntouched(found) && found.updatedAt !== expected) return;
  const texts = { record: 'note.created_at', expected, found: String(found.createdAt) };
  differences.add('note-differs', 'unexplained', texts);
}

/** Compares an experiment. One that Aim had already keeps its description and times and gets no note, so other ones are no fault. */
export function compareExperiment(
  expected: ExpectedProperties,
  experiment: ExperimentRow | undefined,
  { isNameShared }: RowFacts,
  differences: Differences,
): void {
  if (experiment === undefined) return;
  const { experimentDescription, experimentNote, experimentCreatedAt } = expected;
  const isMade = isUntouched(experiment);
  const cause: Cause = isMade && !isNameShared ? 'unexplained' : 'changed-in-aim';
  const tell = (record: string, wanted: string | undefined, found: string | undefined) =>
    differences.add('property-differs', cause, { record, expected: show(wanted), found: show(found) });
  const description = experiment.description || undefined;
  if (description !== experimentDescription) tell('experiment.description', experimentDescription, description);
  const uuid = rowUuid('experiment', experiment.name);
  if (isMade && experiment.uuid !== uuid) tell('experiment.uuid', uuid, experiment.uuid ?? undefined);
  const created = experimentCreatedAt === undefined ? undefined : rowTime(experimentCreatedAt);
  const isOurs = experiment.uuid === uuid && experiment.updatedAt === created;
  if (created !== undefined && experiment.createdAt !== created && (isMade || isOurs) && !isNameShared) {
    differences.add('property-differs', 'unexplained', {
      record: 'experiment.created_at',
      expected: created,
      found: String(experiment.createdAt),
    });
  }
  const notes = experiment.notes.map(({ content }) => content);
  if (experimentNote === undefined || notes.includes(experimentNote)) return;
  differences.add('note-missing', 'changed-in-aim', { record: 'experiment', expected: show(experimentNote) });
}
