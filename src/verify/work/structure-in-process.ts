import { AimRepository } from '../aim/repository.js';
import type { Finding, RunContents } from '../contents.js';
import type { StructureChecker, StructureResult } from './structure-task.js';

/** Of one run so many findings are kept. */
const MOST_FINDINGS = 1000;

type Counts = { -readonly [Key in keyof StructureResult['looked']]: number };

/** Checks runs in this thread. Each worker of a pool has one. */
export class StructureInProcess implements StructureChecker {
  private readonly aim: AimRepository;
  private findings: Finding[] = [];
  private findingCount = 0;

  /** @param repository path of the repository's `.aim` */
  constructor(repository: string) {
    this.aim = AimRepository.open(repository, (finding) => {
      // what is wrong with the index as a whole is told elsewhere, once
      if (finding.run === undefined) return;
      this.findingCount++;
      if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
    });
  }

  async check(hash: string): Promise<StructureResult> {
    const looked: Counts = { metrics: 0, points: 0, files: 0, bytes: 0 };
    this.findings = [];
    this.findingCount = 0;
    const verdict = this.aim.checkRun(hash, (run) => look(run, looked));
    const { findings, findingCount } = this;
    return { state: verdict === 'gone' ? 'gone' : 'checked', looked, findings, findingCount };
  }

  async stop(): Promise<void> {
    this.aim.close();
  }
}

/** Reads all points, which checks them. */
function look(run: RunContents, looked: Counts): void {
  for (const sequence of run.sequences) {
    if (sequence.kind === 'metric') {
      looked.metrics++;
      for (const { length } of sequence.points()) looked.points += length;
    } else if (sequence.kind === 'sequence') for (const _ of sequence.points());
    else {
      for (const { value } of sequence.points()) {
        for (const item of value.type === 'list' ? value.items : [value]) {
          looked.files++;
          const data = item.type === 'object' ? item.fields.get('data') : undefined;
          if (data?.type === 'bytes') looked.bytes += data.value.length;
          else if (data?.type === 'string') looked.bytes += Buffer.byteLength(data.value);
        }
      }
    }
  }
}
