import { formatDuration } from '../format.js';

/** How long a run took: `45 ms`, `1.2 s`, `3 min 05 s`. */
export function shortTime(seconds: number): string {
  return seconds < 0.9995 ? `${Math.round(seconds * 1000)} ms` : formatDuration(seconds);
}
