import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Frees at once what is not in use, so that what is left can be measured. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
