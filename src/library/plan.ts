import type { ConvertOptions } from '../options.js';
import { plan as planConversion } from '../plan/plan.js';
import { PlanEvents } from '../plan/plan-events.js';
import type { Plan } from '../plan/plan-result.js';
import { readRequest, type SourceRequest, type WithStages } from './request.js';

/** What `plan` takes: what `convert` would be given, and other events. */
export type PlanRequest = SourceRequest<ConvertOptions, PlanEvents> & WithStages;

/**
 * Tells what `convert` with the same options would find, do, lose and need. Writes nothing but temporary files, which it removes.
 * Rejects with a {@link ConvertError} of kind `fatal` where a conversion would, and with the signal's reason when that is aborted.
 */
export async function plan(request: PlanRequest): Promise<Plan> {
  const { options, own, events = new PlanEvents(), signal } = readRequest(request);
  return planConversion(options, events, signal, own);
}
