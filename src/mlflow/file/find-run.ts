import { ConvertError } from '../../errors.js';
import { isActive, type Notice, type RunRef } from '../../model.js';
import { INPUTS, METRICS, PARAMS, TAGS } from '../common/layout-names.js';
import { type FoundRun, meetsConditions, type RunSearch } from '../common/run-search.js';
import type { FilterMatcher, SearchedFields } from '../search/filter-matcher.js';
import { LastValue } from '../search/last-value.js';
import type { LinkPolicy } from '../trust/links.js';
import { readFileDatasets } from './datasets.js';
import { FieldBudget } from './field-budget.js';
import { findField } from './find-field.js';
import { readHistory } from './history.js';
import type { RunMeta } from './meta-yaml.js';
import { entriesOf, readRunMeta } from './run-directory.js';

const RUN_NAME_TAG = 'mlflow.runName';

/** What a search is given besides the run. */
export interface FileSearch {
  readonly search: RunSearch;
  /** Of the search's filter. */
  readonly matcher: FilterMatcher | undefined;
  readonly links: LinkPolicy;
}

/** The run, if it meets all conditions. Reads its meta.yaml, and only those files that the conditions need then. */
export async function findFileRun(
  ref: RunRef,
  directory: string,
  { search, matcher, links }: FileSearch,
  signal: AbortSignal,
): Promise<FoundRun | undefined> {
  const meta = await readRunMeta(ref, directory, signal);
  const { status, startTime } = meta;
  const fields = new FileFields(ref, directory, meta, links, signal);
  const name = search.isNamed === undefined ? undefined : fields.attribute('run_name');
  if (!meetsConditions(search, { runId: ref.runId, name, status, startTime })) return undefined;
  if (matcher !== undefined && !(await matcher.matches(fields))) return undefined;
  const isDeleted = meta.lifecycleStage === 'deleted';
  return { ref, isDeleted, ...(startTime !== undefined && { startTime }) };
}

/** Reads fields of a run from their files when they are asked for; throws for what cannot be read. */
class FileFields implements SearchedFields {
  readonly #budget = new FieldBudget();

  constructor(
    private readonly ref: RunRef,
    private readonly directory: string,
    private readonly meta: RunMeta,
    private readonly links: LinkPolicy,
    private readonly signal: AbortSignal,
  ) {}

  attribute(key: 'run_name'): string | undefined;
  attribute(key: string): string | number | undefined;
  attribute(key: string): string | number | undefined {
    const { meta } = this;
    switch (key) {
      case 'run_id':
        return this.ref.runId;
      case 'run_name':
        return meta.name ?? this.text('tag', RUN_NAME_TAG);
      case 'status':
        return meta.status;
      case 'start_time':
        return meta.startTime;
      case 'end_time':
        return meta.endTime;
      case 'user_id':
        return meta.userId ?? '';
      default:
        return meta.artifactUri;
    }
  }

  text(part: 'param' | 'tag', key: string): string | undefined {
    const file = findField(this.directory, part === 'param' ? PARAMS : TAGS, key, this.links);
    return file && this.#budget.read(file.path).text;
  }

  async datasets() {
    const hasInputs = entriesOf(this.ref, this.directory).has(INPUTS);
    const context = { signal: this.signal, notice: refuse, links: this.links, budget: this.#budget };
    return hasInputs ? readFileDatasets(this.directory, hasInputs, context) : [];
  }

  async metric(key: string): Promise<number | undefined> {
    const file = findField(this.directory, METRICS, key, this.links);
    if (file === undefined) return undefined;
    const last = new LastValue();
    const runHasEnded = async () => !isActive(this.meta);
    for await (const batch of readHistory({ ...file, runHasEnded }, { signal: this.signal, notice: refuse })) {
      last.add(batch);
    }
    return last.value;
  }
}

/** Skipped lines are as if they were not there; anything else that is lost leaves the condition open. */
function refuse(notice: Notice): void {
  if (notice.kind !== 'field-unreadable') return;
  throw new ConvertError('skip-run', 'io-error', notice.detail, { where: notice.file });
}
