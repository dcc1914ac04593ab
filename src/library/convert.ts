import type { OwnParts } from '../conversion/own-parts.js';
import { convert as convertSource } from '../convert.js';
import { ConvertEvents } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';
import { VerifyEvents } from '../verify/session/verify-events.js';
import { outcomeOf, TotalsCounter } from '../verify/session/verify-totals.js';
import { SourceVerification } from '../verify.js';
import { type ConvertRequest, checkIsObject, readRequest } from './request.js';
import { summarized } from './summarized.js';
import type { VerificationSummary } from './verify.js';

/** What a conversion came to, and what its verification, if there was one. */
export type ConvertSummary = ConversionSummary & { readonly verification?: VerificationSummary };

/**
 * Converts a source into an Aim repository, or brings an earlier conversion up to date. With `verify`, the runs of each group are compared
 * with their source as soon as they are published, and all others that were chosen at the end: `summary.verification` is what that came to.
 *
 * Resolves when every run has been dealt with. Runs that failed or are incomplete do not reject: `summary.complete` says whether
 * there were any, `summary.failedRuns` names the first ten, and the event `run:done` tells of each. Rejects with a
 * {@link ConvertError} of kind `fatal` when nothing more can be done, and with the signal's reason when that is aborted. Whatever
 * happens, the repository holds only whole runs.
 */
export async function convert(request: ConvertRequest): Promise<ConvertSummary> {
  checkIsObject(request);
  const { verify = false, verifyEvents = new VerifyEvents(), ...rest } = request;
  const { options, own, events = new ConvertEvents(), signal } = readRequest(rest);
  const convertAll = (parts: OwnParts) => summarized(events, () => convertSource(options, events, signal, parts));
  if (!verify) return convertAll(own);
  const counter = new TotalsCounter(verifyEvents);
  const verification = new SourceVerification(options, verifyEvents, own.openStore);
  try {
    const summary = await convertAll({ ...own, settled: (runs, aborted) => verification.add(runs, aborted) });
    await verification.finish(signal);
    return { ...summary, verification: { ...counter.totals, outcome: outcomeOf(counter.totals) } };
  } finally {
    counter.close();
    await verification.close();
  }
}
