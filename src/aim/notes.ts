import type { StatementSyncInstance } from '@photostructure/sqlite';

/** A note of a run or experiment, if it has one. */
export interface Noted {
  readonly note?: string;
}

/** The notes of runs or experiments in `run_metadata.sqlite`, each with the edit log that Aim's UI keeps. */
export class Notes {
  constructor(
    private readonly prepare: (sql: string) => StatementSyncInstance,
    /** The owner, as the column is called. */
    private readonly owner: 'run_id' | 'experiment_id',
  ) {}

  /** Removes every note of a run. */
  removeAll(owner: number): void {
    this.prepare(`DELETE FROM note_audit_log WHERE note_id IN (SELECT id FROM note WHERE ${this.owner} = ?)`).run(
      owner,
    );
    this.prepare(`DELETE FROM note WHERE ${this.owner} = ?`).run(owner);
  }

  /** Adds a note; `at` is a time as `datetime` writes it. */
  insert(owner: number, content: string, at: string): void {
    const { lastInsertRowid } = this.prepare(
      `INSERT INTO note (content, ${this.owner}, created_at, updated_at) VALUES (?, ?, ?, ?)`,
    ).run(content, owner, at, at);
    this.audit(lastInsertRowid, at, 'Created', null, content);
  }

  /**
   * Updates the note that we wrote, recognised by its text, which is that of an earlier state. A note that a person has
   * edited stays beside the new text.
   *
   * @param at when it was written, as `datetime` writes it
   */
  follow(owner: number, now: Noted, states: readonly Noted[], at: string): void {
    if (states.every(({ note }) => note === now.note)) return;
    const texts = new Set(states.map(({ note }) => note).filter((note) => note !== undefined));
    if (now.note !== undefined && texts.has(now.note) && this.has(owner, now.note)) return;
    const ours = [...texts].map((text) => ({ text, id: this.find(owner, text) })).find(({ id }) => id !== undefined);
    if (ours?.id === undefined) {
      if (now.note !== undefined && !this.has(owner, now.note)) this.insert(owner, now.note, at);
    } else if (now.note === undefined) {
      this.prepare('DELETE FROM note WHERE id = ?').run(ours.id);
      this.prepare('DELETE FROM note_audit_log WHERE note_id = ?').run(ours.id);
    } else {
      this.prepare('UPDATE note SET content = ? WHERE id = ?').run(now.note, ours.id);
      this.audit(ours.id, at, 'Updated', ours.text, now.note);
    }
  }

  /** The notes that were written at one time, and that Aim has not touched since, have another time from now on. */
  move(owner: number, from: string, to: string): void {
    this.prepare(
      `UPDATE note SET created_at = ?, updated_at = ? WHERE ${this.owner} = ? AND created_at = ? AND updated_at = ?`,
    ).run(to, to, owner, from, from);
  }

  private find(owner: number, content: string): number | undefined {
    const found = this.prepare(`SELECT id FROM note WHERE ${this.owner} = ? AND content = ? ORDER BY id`).get(
      owner,
      content,
    );
    return (found as { id: number } | undefined)?.id;
  }

  private has(owner: number, content: string): boolean {
    return this.find(owner, content) !== undefined;
  }

  private audit(note: number | bigint, at: string, action: string, before: string | null, after: string): void {
    this.prepare(
      'INSERT INTO note_audit_log (note_id, datetime, action, before_edit, after_edit) VALUES (?, ?, ?, ?, ?)',
    ).run(note, at, action, before, after);
  }
}
