import { ConvertError } from '../../errors.js';
import type { StageContext } from '../../model.js';
import { MAX_FIELD_BYTES, MAX_FIELDS_BYTES } from '../common/bounds.js';
import { type FileText, readText } from '../local/read-text.js';
import type { LinkPolicy } from '../trust/links.js';

/** What all listings of a run's fields need. */
export interface ListContext extends StageContext {
  readonly links: LinkPolicy;
}

/** What all readers of a run's fields need. */
export interface FieldContext extends ListContext {
  readonly budget: FieldBudget;
}

/** Bounds the total size of a run's params, tags and datasets, which are all in memory at once. */
export class FieldBudget {
  #left = MAX_FIELDS_BYTES;

  /** As {@link readText}. Also throws a `skip-item` for a file that would exceed the bound. */
  read(path: string): FileText {
    const field = readText(path, Math.min(this.#left, MAX_FIELD_BYTES), tooMany);
    this.#left -= field.bytes;
    return field;
  }
}

function tooMany(path: string): ConvertError {
  const message = `${path} is left out: the params, tags and datasets of its run are more than 64 MiB.`;
  return new ConvertError('skip-item', 'too-large', message, { where: path });
}
