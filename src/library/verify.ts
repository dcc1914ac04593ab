import { ConvertError } from '../errors.js';
import { repair as repairSource } from '../repair.js';
import { VerifyEvents } from '../verify/session/verify-events.js';
import { outcomeOf, TotalsCounter, type VerifyOutcome, type VerifyTotals } from '../verify/session/verify-totals.js';
import { type VerifyOptions, verify as verifySource } from '../verify.js';
import { checkNames, VERIFY_OPTIONS } from './known-options.js';
import { checkIsObject, checkOptions, checkSource, type SourceRequest } from './request.js';

/** What `verify` takes: a repository and mostly a source; everything else is optional. */
export type VerifyRequest = SourceRequest<VerifyOptions, VerifyEvents> & {
  /** Converts again what differs or is missing, and verifies that: the verdicts are those after it. With a tracking URI only. */
  readonly repair?: boolean;
};

/** What a verification came to. */
export interface VerificationSummary extends VerifyTotals {
  readonly outcome: VerifyOutcome;
}

/**
 * Compares an Aim repository with its source, run by run, by code that shares nothing with what writes. Without a source it checks
 * the structure of the repository alone. Changes nothing and takes no lock, unless it is to `repair`.
 *
 * Resolves when every run has its verdict: `summary.outcome` is the result as a whole, and the event `run` tells of each. Rejects with
 * a {@link ConvertError} of kind `fatal` where nothing can be compared, and with the signal's reason when that is aborted.
 */
export async function verify(request: VerifyRequest): Promise<VerificationSummary> {
  checkIsObject(request);
  const { events = new VerifyEvents(), openStore, repair = false, ...rest } = request;
  const { signal = new AbortController().signal, ...options } = rest;
  checkNames(options, VERIFY_OPTIONS);
  if (options.trackingUri !== undefined || openStore !== undefined) checkSource(options.trackingUri, openStore);
  checkOptions(options);
  const { trackingUri = '', source = {} } = options;
  if (repair && trackingUri === '') {
    throw new ConvertError('fatal', 'invalid-argument', 'repair needs a trackingUri, to convert from.');
  }
  const counter = new TotalsCounter(events);
  try {
    // a tracking URI is not read when the program opens the source
    const given = { ...options, source, trackingUri };
    if (repair) await repairSource(given, events, signal);
    else await verifySource(given, events, signal, openStore);
    const { totals } = counter;
    return { ...totals, outcome: outcomeOf(totals) };
  } finally {
    counter.close();
  }
}
