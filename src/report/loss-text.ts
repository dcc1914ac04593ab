import type { Loss } from '../plan/losses.js';
import { formatBytes, formatCount, formatNoun } from './format.js';

/** One line about something that Aim cannot hold; as text from elsewhere, not fit for a terminal yet. */
export function lossLine(loss: Loss): string {
  const { runs, isEstimate, names } = loss;
  const about = isEstimate ? 'about ' : '';
  const where = loss.kind === 'stale' ? '' : `, in ${formatNoun(runs, 'run')}`;
  const examples = names.length === 0 ? '' : `${loss.items > names.length ? ', such as' : ':'} ${names.join(', ')}`;
  return `${about}${sentence(loss)}${where}${examples}`;
}

function sentence({ kind, reason, extension, items, points = 0, bytes }: Loss): string {
  switch (kind) {
    case 'artifact-skipped': {
      const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
      const why = WHY[reason ?? 'no-kind'][items === 1 ? 0 : 1];
      return `${files(items, extension)}${size} ${items === 1 ? 'stays' : 'stay'} in MLflow ${why}`;
    }
    case 'points-collapsed': {
      const way = points === 1 ? 'gives way to a later one' : 'give way to later ones';
      return `${formatNoun(points, 'point')} of ${formatNoun(items, 'metric')} ${way} at the same step`;
    }
    case 'metric-renumbered':
      return `${formatNoun(items, 'metric')} with all points at one step ${items === 1 ? 'gets' : 'get'} the steps 0, 1, 2 …`;
    case 'context-clash':
      return `${formatNoun(items, 'metric')} that ${items === 1 ? 'keeps its name' : 'keep their names'}, because with a context they would share sequences`;
    case 'history-missing':
      return `${formatNoun(items, 'metric')} of which MLflow has only the latest value`;
    case 'line-skipped':
      return `${formatNoun(items, 'line')} of metric files that are no points`;
    case 'text-replaced':
      return `${formatNoun(items, 'text')} with bytes that are not UTF-8, which become U+FFFD`;
    case 'field-unreadable':
      return `${formatNoun(items, 'field')} that cannot be read`;
    case 'artifacts-unreachable':
      return `${formatNoun(items, 'artifact directory', 'artifact directories')} that cannot be reached`;
    case 'part-kept':
      return `${formatNoun(items, 'part')} that cannot be read and stay in Aim as they are`;
    case 'stale':
      return `${formatNoun(items, 'run')} still RUNNING without a sign of life: closed`;
  }
}

/** How one file, and how several, stay in MLflow. */
const WHY = {
  'no-kind': ['as a link', 'as links'],
  'too-large': ['as a link: it is too large', 'as links: they are too large'],
  'not-an-image': ['as a link: it is no image', 'as links: they are no images'],
  unreadable: ['as a link: it cannot be read', 'as links: they cannot be read'],
  'link-outside': ['because it leads out of its run', 'because they lead out of their run'],
  'path-outside': ['because it lies outside of its directory', 'because they lie outside of their directory'],
} as const;

function files(count: number, extension: string | undefined): string {
  const kind = extension === undefined || extension === '' ? 'file' : `.${extension} file`;
  return `${formatCount(count)} ${kind}${count === 1 ? '' : 's'}`;
}
