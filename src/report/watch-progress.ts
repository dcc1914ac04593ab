import type { LiveBlock } from './live-block.js';
import type { WatchState } from './watch-state.js';
import { changesLine, standingLine } from './watch-text.js';

const REDRAW_EVERY_MS = 1_000;

/** Keeps a line about a watch at the bottom of a terminal, until the function it returns is called: that clears it. */
export function showWatchLive(state: WatchState, block: LiveBlock): () => void {
  let changedAt: number | undefined;
  let changes = '';
  const draw = () => {
    const taken = state.take();
    if (taken !== undefined) {
      changedAt = performance.now();
      changes = changesLine(taken);
    }
    const since = changedAt === undefined ? undefined : Math.floor((performance.now() - changedAt) / 1000);
    block.draw([standingLine(state.runsActive, since), ...(changes === '' ? [] : [changes])]);
  };
  draw();
  const timer = setInterval(draw, REDRAW_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    block.clear();
  };
}
