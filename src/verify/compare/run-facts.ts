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

/**
 * Which part of a run an attribute is made of, and which item of it; no item where it is made of more than one. Most of `mlflow` is of
 * the header, without which there is no run.
 */
export function sourceOfAttribute(path: readonly DictKey[]): readonly [RunPart | undefined, string] {
  const [first = '', second = '', third = ''] = path.map(String);
  const place = first === 'mlflow' ? `${first}.${second}` : first;
  const tag = PLACED_TAGS[place] ?? PLACED_TAGS[`${place}.${third}`];
  if (tag !== undefined) return ['tags', tag];
  const part = PARTS[place];
  const isKeyed = KEYED.has(place);
  return [part, isKeyed ? (first === 'mlflow' ? third : second) : ''];
}

/** The parts of a run by their place; what Aim's UI is not to list (`mlflow.datasets` at the top) goes with what it stands for. */
const PARTS: Readonly<Record<string, RunPart>> = {
  params: 'params',
  tags: 'tags',
  __system_params: 'tags',
  used: 'datasets',
  produced: 'models',
  'mlflow.source': 'tags',
  'mlflow.user_tags': 'tags',
  'mlflow.system_tags': 'tags',
  'mlflow.datasets': 'datasets',
  'mlflow.models': 'models',
};

/** Where keys are those of the part. */
const KEYED: ReadonlySet<string> = new Set(['params', 'tags', 'mlflow.user_tags', 'mlflow.system_tags']);

const PLACED_TAGS: Readonly<Record<string, string>> = {
  mlflow_run_name: 'mlflow.runName',
  user: 'mlflow.user',
  tree: 'mlflow.parentRunId',
  'mlflow.info.entry_point': 'mlflow.project.entryPoint',
  'mlflow.source.name': 'mlflow.source.name',
  'mlflow.source.type': 'mlflow.source.type',
  'mlflow.source.git_commit': 'mlflow.source.git.commit',
  'mlflow.source.git_branch': 'mlflow.source.git.branch',
  'mlflow.source.git_repo_url': 'mlflow.source.git.repoURL',
  'mlflow.source.git_dirty': 'mlflow.source.git.dirty',
};
