import type { Loss } from '../plan/losses.js';
import { formatBytes, formatCount, formatNoun } from './format.js';

/** One line about something that Aim cannot hold; as text from elsewhere, not fit for a terminal yet. */
export function lossLine(loss: Loss): string {
  const { runs, isEstimate, names } = loss;
  const about = isEstimate ? 'about ' : '';
  const examples = `${loss.items > names.length ? ', such as' : ':'} ${names.join(', ')}`;
  return `${about}${sentence(loss)}, in ${formatNoun(runs, 'run')}${examples}`;
}

function sentence({ kind, reason, extension, items, points = 0, bytes }: Loss): string {
  switch (kind) {
    case 'artifact-skipped': {
      const size = bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
      return `${files(items, extension)}${size} ${items === 1 ? 'stays' : 'stay'} in MLflow${WHY[reason ?? 'no-kind']}`;
    }
    case 'points-collapsed':
      return `${formatNoun(points, 'point')} of ${formatNoun(items, 'metric')} give way to later ones at the same step`;
    case 'metric-renumbered':
      return `${formatNoun(items, 'metric')} with all points at one step get the steps 0, 1, 2 …`;
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
      return `${formatNoun(items, 'run')} still RUNNING without a sign of life, which are closed`;
  }
}

/** A file that stays in MLflow is a link in Aim. */
const WHY = {
  'no-kind': ' as links',
  'too-large': ' as links: they are too large',
  'not-an-image': ' as links: they are no images',
  unreadable: ' as links: they cannot be read',
  'link-outside': ': they are links out of their run',
  'path-outside': ': they are listed outside of their directory',
} as const;

function files(count: number, extension: string | undefined): string {
  const kind = extension === undefined || extension === '' ? 'file' : `.${extension} file`;
  return `${formatCount(count)} ${kind}${count === 1 ? '' : 's'}`;
}
