import { EventEmitter } from 'node:events';
import type { Io, OutputStream } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';
import type { Plan } from '../../src/plan/plan-result.js';
import type { readStatus } from '../../src/state/status.js';

/** A stream that keeps what is written to it. */
class FakeStream extends EventEmitter implements OutputStream {
  text = '';
  isTTY = false;
  columns = 100;
  rows = 24;

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

const NO_FILES = { files: 0, bytes: 0 };

/** Of a store without runs, into a repository that is there. */
export const EMPTY_PLAN: Plan = {
  source: 'a-store',
  repo: '/a-repo',
  isNewRepository: false,
  experiments: 0,
  deletedExperiments: 0,
  failedExperiments: [],
  runs: { new: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0 },
  skippedRuns: {},
  failedRuns: [],
  incomplete: 0,
  damaged: 0,
  deleted: { archived: 0, removed: 0, kept: 0 },
  content: {
    statuses: { RUNNING: 0, SCHEDULED: 0, FINISHED: 0, FAILED: 0, KILLED: 0 },
    params: 0,
    tags: 0,
    metrics: 0,
    points: 0,
    pointsAreEstimate: false,
    datasets: 0,
    models: 0,
    images: NO_FILES,
    texts: NO_FILES,
    audio: NO_FILES,
    figures: NO_FILES,
    links: NO_FILES,
  },
  losses: [],
  sampledRuns: 0,
  warnings: [],
  hasChanges: false,
};

/** The world around the command line, for a test that looks on. */
export class FakeIo implements Io {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly signals = new EventEmitter();
  readonly exits: number[] = [];
  env: Record<string, string | undefined> = {};
  convert: Io['convert'] = async () => {};
  watch: Io['watch'] = async () => {};
  verify: Io['verify'] = async () => {};
  verifyBeside: Io['verifyBeside'] = async () => ({
    add: async () => {},
    finish: async () => {},
    close: async () => {},
  });
  repair: Io['repair'] = async () => {};
  plan: Io['plan'] = async () => EMPTY_PLAN;
  list: Io['list'] = async () => ({ source: 'a-store', experiments: [] });
  readStatus: typeof readStatus = async (repo) => ({ repo, sources: [], accepted: [] });
  readonly exit = (code: number): void => void this.exits.push(code);

  /** Runs `mlflow2aim convert` on a source that is not looked at. */
  run(...flags: string[]): Promise<number> {
    return main(['convert', '--tracking_uri', 'a-store', ...flags], this);
  }
}
