import type { StatementSyncInstance } from '@photostructure/sqlite';
import { datetime } from './metadata-values.js';
import type { RunProperties } from './run-properties.js';

/** The notes of runs in `run_metadata.sqlite`, each with the log of its edits that Aim's UI keeps. */
export class RunNotes {
  constructor(private readonly prepare: (sql: string) => StatementSyncInstance) {}

  /** Removes every note of a run. */
  removeAll(run: number): void {
    this.prepare('DELETE FROM note_audit_log WHERE note_id IN (SELECT id FROM note WHERE run_id = ?)').run(run);
    this.prepare('DELETE FROM note WHERE run_id = ?').run(run);
  }

  /** Adds a note; `at` is a time as `datetime` writes it. */
  insert(run: number, content: string, at: string): void {
    const { lastInsertRowid } = this.prepare(
      'INSERT INTO note (content, run_id, created_at, updated_at) VALUES (?, ?, ?, ?)',
    ).run(content, run, at, at);
    this.audit(lastInsertRowid, at, 'Created', null, content);
  }

  /**
   * Follows the note that we wrote, recognised by its text, which is that of one of the states before; one that a person
   * has edited stays beside the new text.
   */
  follow(run: number, now: RunProperties, states: readonly RunProperties[]): void {
    if (states.every(({ note }) => note === now.note)) return;
    const texts = new Set(states.map(({ note }) => note).filter((note) => note !== undefined));
    if (now.note !== undefined && texts.has(now.note) && this.has(run, now.note)) return;
    const at = datetime(now.creationTime);
    const ours = [...texts].map((text) => ({ text, id: this.find(run, text) })).find(({ id }) => id !== undefined);
    if (ours?.id === undefined) {
      if (now.note !== undefined && !this.has(run, now.note)) this.insert(run, now.note, at);
    } else if (now.note === undefined) {
      this.prepare('DELETE FROM note WHERE id = ?').run(ours.id);
      this.prepare('DELETE FROM note_audit_log WHERE note_id = ?').run(ours.id);
    } else {
      this.prepare('UPDATE note SET content = ? WHERE id = ?').run(now.note, ours.id);
      this.audit(ours.id, at, 'Updated', ours.text, now.note);
    }
  }

  private find(run: number, content: string): number | undefined {
    const found = this.prepare('SELECT id FROM note WHERE run_id = ? AND content = ? ORDER BY id').get(run, content);
    return (found as { id: number } | undefined)?.id;
  }

  private has(run: number, content: string): boolean {
    return this.find(run, content) !== undefined;
  }

  private audit(note: number | bigint, at: string, action: string, before: string | null, after: string): void {
    this.prepare(
      'INSERT INTO note_audit_log (note_id, datetime, action, before_edit, after_edit) VALUES (?, ?, ?, ?, ?)',
    ).run(note, at, action, before, after);
  }
}
