import { join } from 'node:path';
import { convert } from './convert.js';
import { ConvertEvents } from './events.js';
import { ConversionRecord } from './state/conversion-record.js';
import type { RunVerdict } from './verify/compare/verdict.js';
import { VerifyEvents } from './verify/session/verify-events.js';
import { type VerifyOptions, verify } from './verify.js';

/** What is verified and repaired: there has to be a source. */
export interface RepairOptions extends VerifyOptions {
  readonly trackingUri: string;
}

/**
 * Verifies, converts again what differs or is missing, and verifies that once more; `events` tells the last verdict about each run. What a
 * person or Aim's SDK changed stays, and so does what cannot be read in MLflow. Rejects as {@link verify} and `convert` do.
 */
export async function repair(options: RepairOptions, events: VerifyEvents, signal: AbortSignal): Promise<void> {
  const wrong = new Map<string, RunVerdict>();
  await verify(options, withoutWrong(events, wrong), signal);
  if (wrong.size === 0) return;
  events.emit('repair', { runs: wrong.size });
  for (const [policies, runIds] of runsByPolicies([...wrong.values()], options)) {
    await convertAgain({ ...options, ...policies }, runIds, events, signal);
  }
  const runIds = [...wrong.values()].flatMap(({ runId }) => runId ?? []);
  await verify({ ...options, sample: 1, selection: { runIds } }, onlyRuns(events), signal);
}

type Policies = Pick<RepairOptions, 'mapping' | 'artifacts' | 'source'>;

async function convertAgain(
  options: RepairOptions,
  runIds: readonly string[],
  events: VerifyEvents,
  signal: AbortSignal,
) {
  const { trackingUri, repo, includeDeleted, mapping, artifacts, source, concurrency, inProcess } = options;
  const converting = new ConvertEvents();
  converting.on('retry', (retry) => void events.emit('retry', retry));
  converting.on('warning', (warning) => void events.emit('warning', warning));
  const policies = { ...(mapping && { mapping }), ...(artifacts && { artifacts }), ...(source && { source }) };
  const how = {
    ...(includeDeleted !== undefined && { includeDeleted }),
    ...(concurrency !== undefined && { concurrency }),
    ...(inProcess !== undefined && { inProcess }),
  };
  await convert({ trackingUri, repo, selection: { runIds }, force: true, ...policies, ...how }, converting, signal);
}

/** Each run is converted by the policies of its last conversion, unless the options say otherwise. */
function runsByPolicies(runs: readonly RunVerdict[], options: RepairOptions): [Policies, string[]][] {
  const record = ConversionRecord.open(join(options.repo, '.aim', 'mlflow2aim.sqlite'));
  try {
    const groups = new Map<string, [Policies, string[]]>();
    for (const { hash, runId } of runs) {
      if (runId === undefined) continue;
      const entry = record.entry(hash);
      const known = (entry && record.policiesOf(entry)) ?? record.somePolicies;
      const policies = {
        mapping: { ...known?.mapping, ...options.mapping },
        artifacts: { ...known?.artifacts, ...options.artifacts },
        source: { ...known?.source, ...options.source },
      };
      const key = JSON.stringify([policies, String(policies.mapping.staleAfter)]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [policies, [runId]]);
      else group[1].push(runId);
    }
    return [...groups.values()];
  } finally {
    record.close();
  }
}

/** Hands on all but what is told of runs that are to be repaired, which are put into `wrong`. */
function withoutWrong(events: VerifyEvents, wrong: Map<string, RunVerdict>): VerifyEvents {
  const first = new VerifyEvents();
  first.on('start', (start) => void events.emit('start', start));
  first.on('experiment', (experiment) => void events.emit('experiment', experiment));
  first.on('progress', (progress) => void events.emit('progress', progress));
  first.on('retry', (retry) => void events.emit('retry', retry));
  first.on('warning', (warning) => void events.emit('warning', warning));
  first.on('experiment:failed', (failure) => void events.emit('experiment:failed', failure));
  first.on('run', (run) => {
    const isRepairable = run.runId !== undefined && (run.verdict === 'differs' || run.verdict === 'missing');
    if (isRepairable) wrong.set(run.hash, run);
    else events.emit('run', run);
  });
  first.on('finding', (finding) => {
    if (finding.run === undefined || !wrong.has(finding.run)) events.emit('finding', finding);
  });
  return first;
}

function onlyRuns(events: VerifyEvents): VerifyEvents {
  const second = new VerifyEvents();
  second.on('run', (run) => void events.emit('run', run));
  second.on('retry', (retry) => void events.emit('retry', retry));
  second.on('progress', (progress) => void events.emit('progress', progress));
  return second;
}
