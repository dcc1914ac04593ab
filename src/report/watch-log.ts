import type { ConvertEvents } from '../events.js';
import type { RunStatus } from '../model.js';
import type { DeletedRun, RunReport } from '../outcome.js';
import { formatCount, formatDuration, formatNoun } from './format.js';
import { type NoticeLine, noticeLines } from './notice-text.js';
import { countsText, runTitle } from './run-line.js';
import { everyNowAndThen } from './timers.js';

/** What active runs get is told this often at most; milliseconds. */
const GROWTH_EVERY = 60_000;
/** Runs that are named there. */
const RUNS_NAMED = 3;
/** Notices of a run that are told when it ends. */
const NOTICES_TOLD = 5;

/** What a run that is no longer active has done, by MLflow's status. */
const ENDED: Readonly<Record<RunStatus, string>> = {
  FINISHED: 'finished',
  FAILED: 'failed in MLflow',
  KILLED: 'killed in MLflow',
  RUNNING: 'closed as stale',
  SCHEDULED: 'closed as stale',
};

type Tell = (text: string, level?: NoticeLine['level']) => void;

/** What active runs have got since it was told last. */
interface Growth {
  readonly names: Map<string, string>;
  points: number;
  files: number;
  lag: number | undefined;
}

const nothing = (): Growth => ({ names: new Map(), points: 0, files: 0, lag: undefined });

/**
 * Tells what happens in a watch once it is up to date, a line for each thing: a run that begins, ends or is changed, at once; what active
 * runs get, once a minute, unless something else shows that. It remembers the active runs and no others.
 */
export class WatchLog {
  readonly #tell: Tell;
  readonly #active = new Set<string>();
  #growth = nothing();
  #isWatching = false;

  constructor(events: ConvertEvents, tell: Tell) {
    this.#tell = tell;
    events.on('run:done', (run) => this.#done(run));
    events.on('run:deleted', (run) => this.#deleted(run));
    events.on('watching', () => {
      this.#isWatching = true;
    });
    events.on('pass', ({ lag }) => {
      if (lag !== undefined) this.#growth.lag = Math.max(this.#growth.lag ?? 0, lag);
    });
  }

  /** Tells what active runs get, until the function it returns is called, which tells the rest. */
  tellGrowth(): () => void {
    const stop = everyNowAndThen(() => this.#tellGrowth(), GROWTH_EVERY, GROWTH_EVERY);
    return () => {
      stop();
      this.#tellGrowth();
    };
  }

  #done(run: RunReport): void {
    const wasActive = this.#active.has(run.runHash);
    if (run.active === true) this.#active.add(run.runHash);
    if (run.active === false) this.#forget(run.runHash);
    if (!this.#isWatching || (run.outcome !== 'new' && run.outcome !== 'updated')) return;
    if (run.active !== true) this.#ended(run, wasActive);
    else if (run.outcome === 'new') this.#tell(withCounts('started', run));
    else this.#grow(run);
  }

  /** A run that is not active has come, has ended, or was changed. */
  #ended(run: RunReport, wasActive: boolean): void {
    const verb = wasActive ? (run.status === undefined ? 'ended' : ENDED[run.status]) : run.outcome;
    this.#tell(withCounts(verb, run));
    if (!wasActive && run.outcome === 'updated') return;
    for (const { level, text } of noticeLines(run.notices).slice(0, NOTICES_TOLD)) {
      this.#tell(`${runTitle(run)}: ${text}`, level);
    }
  }

  /** A rewrite counts all that the run has, not what is new. */
  #grow({ runHash, runName, runId, counts, rewritten }: RunReport): void {
    this.#growth.names.set(runHash, runName ?? runId);
    if (rewritten !== undefined) return;
    this.#growth.points += counts.points;
    this.#growth.files += Object.values(counts.artifacts).reduce((sum, files) => sum + files, 0);
  }

  #deleted(run: DeletedRun): void {
    this.#forget(run.runHash);
    if (this.#isWatching) this.#tell(`deleted in MLflow, ${run.action} in Aim: ${runTitle(run)}`);
  }

  #forget(hash: string): void {
    this.#active.delete(hash);
    this.#growth.names.delete(hash);
  }

  #tellGrowth(): void {
    const { names, points, files, lag } = this.#growth;
    this.#growth = nothing();
    if (names.size === 0) return;
    const all = [...names.values()];
    const who = all.slice(0, RUNS_NAMED).join(', ') + (all.length > RUNS_NAMED ? ', …' : '');
    const got = [
      ...(points > 0 ? [`+${formatNoun(points, 'point')}`] : []),
      ...(files > 0 ? [`+${formatCount(files)} ${files === 1 ? 'file' : 'files'}`] : []),
      ...(lag === undefined ? [] : [`at most ${formatDuration(lag)} behind`]),
    ];
    this.#tell(
      `${formatNoun(names.size, 'active run')} changed (${who})${got.length === 0 ? '' : `: ${got.join(', ')}`}`,
    );
  }
}

function withCounts(verb: string, run: RunReport): string {
  const counts = countsText(run.counts);
  return `${verb}: ${runTitle(run)}${counts === '' ? '' : `: ${counts}`}`;
}
