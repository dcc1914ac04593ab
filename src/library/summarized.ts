import type { ConvertEvents } from '../events.js';
import { type ConversionSummary, Summary } from '../summary/summary.js';

/** Does the work and resolves with what its events add up to. */
export async function summarized(events: ConvertEvents, work: () => Promise<void>): Promise<ConversionSummary> {
  const summary = new Summary(events);
  try {
    await work();
    return summary.numbers();
  } finally {
    summary.close();
  }
}
