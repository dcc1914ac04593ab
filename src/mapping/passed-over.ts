import type { AimDict, AimValue } from '../aim/value.js';

/**
 * A dict that queries reach (`run.mlflow.user_tags.stage`) and Aim's lists of params do not show: neither the Overview nor the
 * columns of an explorer.
 *
 * Aim 3.29's UI walks the attributes (`getObjectPaths`) and looks up the path of each dict and value that it meets, `mlflow.url`. A
 * path that is itself a key at the top is taken for that key (`getValue`), so an empty dict of that name leaves nothing to list.
 *
 * @param name an identifier, as are the keys of the dict
 */
export function* passedOver(name: string, dict: AimDict): Generator<readonly [string, AimValue], void> {
  yield [name, dict];
  for (const key of dict.keys()) yield [`${name}.${key}`, new Map()];
}
