import { RunTally, type RunTotals } from '../common/run-totals.js';
import type { HttpClient } from '../http/http-client.js';
import { fetchItems } from './pages.js';
import { runsRequest } from './run-listing.js';
import { countedRun, runIdOf } from './run-record.js';

/** Counts the runs of an experiment by the pages that list them, which are read once, and without their models. */
export async function serverRunTotals(
  client: HttpClient,
  experimentId: string,
  onRun: () => void,
  signal: AbortSignal,
): Promise<RunTotals> {
  const tally = new RunTally();
  for await (const json of fetchItems(client, runsRequest(experimentId), runIdOf, signal)) {
    tally.add(countedRun(json));
    onRun();
  }
  return tally.totals;
}
