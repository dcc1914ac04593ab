import type { RunPart } from '../../model.js';
import type { DictKey } from '../contents.js';
import type { Unread } from '../expected/unread.js';
import type { Cause, DifferenceCode } from './differences.js';

/** What explains differences of a run. */
export interface RunFacts {
  readonly unread: Unread;
  /** Aim's SDK has opened the run for writing since it was converted. */
  readonly isWrittenByAim: boolean;
  /** The run goes on in MLflow, and has changed there since it was converted. */
  readonly isBehind: boolean;
}

/** What Aim's SDK adds or changes in a run that it goes on with. It takes nothing away. */
const BY_SDK: ReadonlySet<DifferenceCode> = new Set([
  'attribute-extra',
  'attribute-differs',
  'metric-extra',
  'point-extra',
  'value-differs',
  'time-differs',
  'type-differs',
  'object-extra',
  'object-differs',
  'link-extra',
  'log-differs',
  'message-extra',
  'end-time-differs',
]);

/** What MLflow may have changed since an active run was converted. */
const BY_MLFLOW: ReadonlySet<DifferenceCode> = new Set([
  'attribute-missing',
  'attribute-extra',
  'attribute-differs',
  'metric-missing',
  'point-missing',
  'object-missing',
  'object-differs',
  'link-missing',
  'link-differs',
  'log-differs',
  'message-missing',
  'message-differs',
  'end-time-differs',
  'property-differs',
  'label-missing',
  'note-missing',
]);

/** Of these it may be that Aim holds something of which MLflow shows nothing. */
const MAY_BE_EXTRA: ReadonlySet<DifferenceCode> = new Set([
  'attribute-extra',
  'link-extra',
  'log-differs',
  'metric-extra',
  'note-extra',
  'object-extra',
  'property-differs',
]);

/** Why a difference is there, as far as the run as a whole explains it; `item` is what of a part it is about. */
export function causeOf(facts: RunFacts, code: DifferenceCode, part: RunPart | undefined, item = ''): Cause {
  if (part !== undefined && facts.unread.covers(part, item, MAY_BE_EXTRA.has(code))) return 'kept';
  if (facts.isWrittenByAim && BY_SDK.has(code)) return 'changed-in-aim';
  if (facts.isBehind && BY_MLFLOW.has(code)) return 'behind';
  return 'unexplained';
}

/** Which part of a run an attribute is made of, and which item of it. */
export function sourceOfAttribute([first, second, third]: readonly DictKey[]): readonly [RunPart | undefined, string] {
  switch (first) {
    case 'params':
      return ['params', String(second)];
    case 'tags':
      return ['tags', String(second)];
    case 'datasets':
      return ['datasets', ''];
    case 'models':
      return ['models', ''];
    case 'mlflow':
      return sourceOfMlflow(second, third);
    case '__system_params':
      return ['tags', ''];
    case 'mlflow_run_name':
      return ['tags', 'mlflow.runName'];
    default:
      return [undefined, ''];
  }
}

/** Most of what lies under `mlflow` is of the run's header, without which there is no run. */
function sourceOfMlflow(
  second: DictKey | undefined,
  third: DictKey | undefined,
): readonly [RunPart | undefined, string] {
  if (second === 'tags') return ['tags', String(third)];
  if (second === 'source' && third === undefined) return ['tags', ''];
  const tag = PLACED_TAGS[pathOf(second, third)];
  return tag === undefined ? [undefined, ''] : ['tags', tag];
}

const PLACED_TAGS: Readonly<Record<string, string>> = {
  user: 'mlflow.user',
  parent_run_id: 'mlflow.parentRunId',
  entry_point: 'mlflow.project.entryPoint',
  'source.name': 'mlflow.source.name',
  'source.type': 'mlflow.source.type',
  'source.git_commit': 'mlflow.source.git.commit',
  'source.git_branch': 'mlflow.source.git.branch',
  'source.git_repo_url': 'mlflow.source.git.repoURL',
  'source.git_dirty': 'mlflow.source.git.dirty',
};

function pathOf(second: DictKey | undefined, third: DictKey | undefined): string {
  return second === 'source' ? `source.${String(third)}` : String(second);
}
