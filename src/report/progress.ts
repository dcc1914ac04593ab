import type { LiveBlock } from './live-block.js';
import type { ProgressState } from './progress-state.js';
import { blockLines, totalLine, waitingLine } from './progress-text.js';
import { moreAndMoreRarely } from './timers.js';

/** Fast enough to look alive, however many events there are. */
const REDRAW_EVERY_MS = 100;
const EXPERIMENTS_SHOWN = 4;
/** "+N more", the total, and a line of what was there before. */
const OTHER_ROWS = 3;

/** Draws the progress into `block` ten times a second, until the function it returns is called: that clears it. */
export function showLive(state: ProgressState, block: LiveBlock): () => void {
  const draw = () => {
    const { secondsWaiting } = state;
    if (secondsWaiting !== undefined) {
      block.draw([waitingLine(secondsWaiting)]);
      return;
    }
    const limit = Math.max(0, Math.min(EXPERIMENTS_SHOWN, block.rows - OTHER_ROWS));
    block.draw(blockLines(state.active(), state.numbers(), block.columns, limit));
  };
  const timer = setInterval(draw, REDRAW_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    block.clear();
  };
}

/** Prints the progress as a line now and then, until the function it returns is called; nothing while it waits for the source. */
export function showPlain(state: ProgressState, print: (line: string) => void): () => void {
  const fingerprint = () => {
    const { runsDone, runsTotal, listed, points, artifactBytes } = state.numbers();
    return [runsDone, runsTotal, listed, points, artifactBytes].join(' ');
  };
  return moreAndMoreRarely(fingerprint, () => {
    if (state.secondsWaiting === undefined) print(totalLine(state.numbers()));
  });
}
