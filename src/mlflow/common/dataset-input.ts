import type { DatasetInput } from '../../model.js';

/** The tag of a dataset input with its {@link DatasetInput.context}. */
const CONTEXT = 'mlflow.data.context';

/** Splits the tags of a dataset input into the context and the others. */
export function contextAndTags(tags: ReadonlyMap<string, string>): Pick<DatasetInput, 'context' | 'tags'> {
  const context = tags.get(CONTEXT);
  const others = new Map([...tags].filter(([name]) => name !== CONTEXT).sort());
  return { ...(context && { context }), ...(others.size > 0 && { tags: others }) };
}
