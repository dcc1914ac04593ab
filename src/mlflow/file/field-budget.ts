import { ConvertError } from '../../errors.js';
import type { StageContext } from '../../model.js';
import { MAX_FIELD_BYTES, MAX_FIELDS_BYTES } from '../common/bounds.js';
import { type FileText, readText } from '../local/read-text.js';
import type { LinkPolicy } from '../trust/links.js';

/** What the listings of one run's fields share. */
export interface ListContext extends StageContext {
  readonly links: LinkPolicy;
}

/** What the readers of one run's fields share. */
export interface FieldContext extends ListContext {
  readonly budget: FieldBudget;
}

/** Reads the params, tags and datasets of one run, which are all in memory at once, up to a bound on their sum. */
export class FieldBudget {
  #left = MAX_FIELDS_BYTES;

  /** As {@link readText}; a `skip-item`, too, for a file that would go beyond the bound. */
  read(path: string): FileText {
    const field = readText(path, Math.min(this.#left, MAX_FIELD_BYTES), tooMany);
    this.#left -= field.bytes;
    return field;
  }
}

function tooMany(path: string): ConvertError {
  const message = `${path} is left out: the params, tags and datasets of its run are more than 64 MiB.`;
  return new ConvertError('skip-item', message, { where: path });
}
