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
  private readonly counts = new Map<string, number>();

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

  add(code: StructureCode, details: FindingDetails = {}, sequence?: SequenceId): void {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    if (count <= MOST_OF_A_KIND || sequence === undefined) this.tell(code, details, sequence);
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
