import { ConvertError } from '../../errors.js';
import type { PointDataset } from '../../model.js';
import { MAX_DATASET_CHARACTERS, MAX_METRIC_DATASETS } from '../common/bounds.js';
import { withoutTrailing } from '../common/trailing.js';
import { SPACE } from './metric-line.js';

/**
 * Reads what stands behind the step in a metric line of MLflow 3: ` <name of the dataset> <digest>`. The name may hold spaces, the
 * digest does not. (mlflow.store.tracking.file_store: `_log_run_metric`. MLflow's own reader refuses a line whose name has one.)
 * Equal datasets are one object.
 */
export class DatasetFields {
  readonly #known = new Map<string, PointDataset>();
  #characters = 0;

  /**
   * @param fields the bytes as Latin-1, one character each
   * @returns undefined where there is no name beside the digest
   */
  read(fields: string): PointDataset | undefined {
    const found = this.#known.get(fields);
    if (found !== undefined) return found;
    const text = withoutTrailing(fields, SPACE);
    const cut = text.lastIndexOf(' ');
    if (cut < 0) return undefined;
    this.#characters += fields.length;
    if (this.#known.size >= MAX_METRIC_DATASETS || this.#characters > MAX_DATASET_CHARACTERS) throw tooMany();
    const dataset = { name: utf8(text.slice(0, cut)), digest: utf8(text.slice(cut + 1)) };
    this.#known.set(fields, dataset);
    return dataset;
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function tooMany(): ConvertError {
  const message = `The metric names more than ${MAX_METRIC_DATASETS} datasets, or very long ones.`;
  return new ConvertError('skip-item', 'too-large', message);
}
