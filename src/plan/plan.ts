import { dirname } from 'node:path';
import { repositoryPath } from '../aim/repository.js';
import { chooseRuns, tellChoice } from '../conversion/choose-runs.js';
import { type OwnParts, openSource, resolveOptions } from '../conversion/own-parts.js';
import { toConvertError } from '../errors.js';
import type { ExperimentFailure, Warn, Warning } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ConvertOptions, ResolvedOptions } from '../options.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { Estimate } from './estimate.js';
import { type KnownState, openKnownState } from './known-state.js';
import { type Looked, lookAtRuns } from './look.js';
import { PlanEvents } from './plan-events.js';
import type { Plan } from './plan-result.js';
import { requirements, shortages } from './requirements.js';
import { takeSample } from './sample.js';
import { Scratch } from './scratch.js';

/**
 * Tells what a conversion with the same options would find, do, lose and need. Writes nothing but temporary files, which it
 * removes. Rejects with a `fatal` error where a conversion would, or with the signal's reason when aborted.
 */
export async function plan(
  given: ConvertOptions,
  events: PlanEvents = new PlanEvents(),
  signal: AbortSignal = new AbortController().signal,
  own: OwnParts = {},
): Promise<Plan> {
  const options = resolveOptions(given, own);
  const warnings: Warning[] = [];
  const failures: ExperimentFailure[] = [];
  const warn: Warn = (warning) => {
    // each thread opens the source itself, and may have the same to say of it
    if (warnings.some(({ message }) => message === warning.message)) return;
    warnings.push(warning);
    events.emit('warning', warning);
  };
  const failed = (failure: ExperimentFailure) => {
    failures.push(failure);
    events.emit('experiment:failed', failure);
  };
  const store = openSource(options, own, { warn, failed, retrying: (retry) => events.emit('retry', retry) });
  const scratch = Scratch.make();
  try {
    const parts = await makePlan({ store, scratch, options, stages: own.stages, warn }, events, signal);
    return { ...parts, failedExperiments: failures, warnings };
  } finally {
    scratch.remove();
    await store.close();
  }
}

interface PlanContext {
  readonly store: TrackingStore;
  readonly scratch: Scratch;
  readonly options: ResolvedOptions;
  readonly stages: CustomStages | undefined;
  readonly warn: Warn;
}

type PlanParts = Omit<Plan, 'failedExperiments' | 'warnings'>;

async function makePlan(context: PlanContext, events: PlanEvents, signal: AbortSignal): Promise<PlanParts> {
  const { store, scratch, options, stages, warn } = context;
  const listing = await chooseRuns(store, options, signal);
  const known = await openKnownState(options, scratch.subdirectory('known'), signal);
  try {
    const traces = await tellChoice(store, listing, warn, signal);
    const looked = await lookAtRuns({ store, listing, known, options, stages, warn }, events, signal);
    events.emit('measuring');
    const estimate = await tryToSample(context, looked, signal);
    const told = { source: store.uri, ...described(looked, known, estimate), ...(traces !== undefined && { traces }) };
    const deletedExperiments = listing.experiments.filter(({ lifecycleStage }) => lifecycleStage === 'deleted').length;
    const repo = dirname(repositoryPath(options.repo));
    if (estimate === undefined) return { ...told, repo, deletedExperiments };
    const { existing } = known;
    const needed = requirements(repo, estimate.disk, { existing, newRuns: looked.inventory.outcomes.new });
    for (const shortage of shortages(needed, repo)) warn(shortage);
    return { ...told, repo, deletedExperiments, requirements: needed };
  } finally {
    known.close();
  }
}

/** Undefined where nothing could be measured: the rest of a plan is worth something, too. */
async function tryToSample(
  { store, options, stages, scratch, warn }: PlanContext,
  { inventory, strata, took }: Looked,
  signal: AbortSignal,
): Promise<Estimate | undefined> {
  const { outcomes, losses } = inventory;
  const toWrite = outcomes.new + outcomes.updated;
  const passedOver = outcomes.unchanged + outcomes.skipped + outcomes.failed;
  const passedOverShare = passedOver === 0 ? 0 : passedOver / (passedOver + toWrite);
  if (toWrite === 0) {
    const [seconds, secondsAlone] = [took.wall * passedOverShare, took.alone * passedOverShare];
    return { seconds, secondsAlone, disk: { bytes: 0, inodes: 0 }, sampledRuns: 0, points: 0 };
  }
  const before = { looked: took, passedOverShare, newShare: outcomes.new / toWrite };
  try {
    const parts = { store, options, stages, losses, directory: scratch.subdirectory('sample') };
    return await takeSample(strata, parts, before, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const { sentence } = toConvertError(cause, 'fatal', scratch.directory);
    const message = `Time and space could not be measured: ${sentence} Temporary files are written to $TMPDIR, else /tmp.`;
    warn({ code: 'not-measured', message });
    return undefined;
  }
}

function described(
  { inventory, deleted, experiments }: Looked,
  { existing }: KnownState,
  estimate: Estimate | undefined,
): Omit<PlanParts, 'source' | 'repo' | 'deletedExperiments' | 'traces' | 'requirements'> {
  const { outcomes, skipped, unreadable, incomplete, damaged, losses } = inventory;
  const { updated, ...runs } = outcomes;
  const toWrite = outcomes.new + updated;
  const actions = { archived: 0, removed: 0, kept: 0 };
  for (const { action } of deleted) actions[action] += 1;
  const sampled = estimate && { points: estimate.points, isEstimate: estimate.sampledRuns < toWrite };
  return {
    isNewRepository: existing === undefined,
    experiments,
    runs: { ...runs, changed: updated },
    skippedRuns: skipped,
    failedRuns: unreadable,
    incomplete,
    damaged,
    deleted: actions,
    content: inventory.content(sampled),
    losses: losses.all(),
    ...(estimate !== undefined && { seconds: estimate.seconds, secondsAlone: estimate.secondsAlone }),
    sampledRuns: estimate?.sampledRuns ?? 0,
    hasChanges: existing === undefined || toWrite > 0 || deleted.length > 0,
  };
}
