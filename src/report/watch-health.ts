import { monotonicNow } from '../clock.js';
import type { ConvertEvents } from '../events.js';

/** Until the first look is over, something must come from the source this often; milliseconds. */
const FIRST_LOOK_SILENCE = 900_000;

/**
 * What `/healthz` tells. `stalled`: nothing has come from the source for longer than a look at it may take, and nothing has
 * failed either; only then starting the watch anew may help, so only then the answer is not 200.
 */
export interface Health {
  readonly status: 'starting' | 'ok' | 'waiting' | 'stalled';
  /** Why it waits, or what does not come. */
  readonly message?: string;
}

/** Follows a watch through its events, by a clock that never goes back. */
export class WatchHealth {
  private sign: number;
  /** How long the next sign may take, milliseconds. */
  private within = FIRST_LOOK_SILENCE;
  private completeAt: number | undefined;
  private waitsFor: string | undefined;

  constructor(
    events: ConvertEvents,
    private readonly now: () => number = monotonicNow,
  ) {
    this.sign = now();
    const lives = () => {
      this.sign = this.now();
    };
    events.on('experiment', lives);
    events.on('run:ready', lives);
    events.on('progress', ({ points, artifactBytes }) => {
      if (points + artifactBytes > 0) lives();
    });
    events.on('watching', ({ nextWithin }) => this.looked(nextWithin));
    events.on('pass', ({ complete, nextWithin }) => {
      if (complete && nextWithin !== undefined) this.looked(nextWithin);
      else lives();
    });
    events.on('source', ({ available, message }) => {
      lives();
      this.waitsFor = available ? undefined : message;
    });
  }

  /** Seconds since the source was read to its end; undefined before it was for the first time. */
  get age(): number | undefined {
    return this.completeAt === undefined ? undefined : (this.now() - this.completeAt) / 1000;
  }

  get health(): Health {
    if (this.waitsFor !== undefined) return { status: 'waiting', message: this.waitsFor };
    const silence = this.now() - this.sign;
    if (silence > this.within) {
      const message = `Nothing has come from the source for ${Math.round(silence / 1000)} s; something holds the watch up.`;
      return { status: 'stalled', message };
    }
    return { status: this.completeAt === undefined ? 'starting' : 'ok' };
  }

  private looked(nextWithin: number): void {
    this.sign = this.completeAt = this.now();
    this.within = nextWithin * 1000;
    this.waitsFor = undefined;
  }
}
