import type { ConvertError } from '../../errors.js';
import type { Finding, Report, SequenceId, StructureCode } from '../contents.js';

/** Of one kind and one sequence so many findings are told one by one; the others are counted. */
const MOST_OF_A_KIND = 5;

export type FindingDetails = Omit<Finding, 'code' | 'severity' | 'run' | 'sequence'> & {
  readonly severity?: Finding['severity'];
};

/**
 * Reports what is found in one run. Where a database has been written since it was opened, what is found may be of a
 * moment between two writes: then it is a note.
 */
export class RunReport {
  /** Findings of the sequence that is being read. */
  private readonly counts = new Map<string, number>();
  private readonly damaged = new Set<string>();

  constructor(
    private readonly hash: string,
    private readonly report: Report,
    /** Aim's or mlflow2aim's writing comes between. */
    private readonly isChanging: () => boolean,
  ) {}

  /** One that says nothing, for what has been reported before. */
  get silent(): RunReport {
    return new RunReport(this.hash, () => {}, this.isChanging);
  }

  /**
   * A file that cannot be read, which is told once.
   *
   * @param where the database, where the error does not say which file
   */
  damage(error: ConvertError, where: string): void {
    const { where: file = where, message } = error;
    if (this.damaged.has(file)) return;
    this.damaged.add(file);
    this.add(file.startsWith('meta/index') ? 'index-damaged' : 'database-damaged', { file, found: message });
  }

  add(code: StructureCode, details: FindingDetails = {}, sequence?: SequenceId): void {
    const count = sequence === undefined ? 0 : (this.counts.get(code) ?? 0) + 1;
    if (sequence !== undefined) this.counts.set(code, count);
    if (count <= MOST_OF_A_KIND) this.tell(code, details, sequence);
  }

  /** A sequence has been read to its end: tells how many findings were not told. */
  endSequence(sequence: SequenceId): void {
    for (const [code, count] of this.counts) {
      if (count <= MOST_OF_A_KIND) continue;
      const found = `${count - MOST_OF_A_KIND} more of this kind`;
      this.tell(code as StructureCode, { found }, sequence);
    }
    this.counts.clear();
  }

  private tell(code: StructureCode, details: FindingDetails, sequence: SequenceId | undefined): void {
    const severity = details.severity ?? (this.isChanging() ? 'note' : 'error');
    this.report({ ...details, code, severity, run: this.hash, ...(sequence !== undefined && { sequence }) });
  }
}
