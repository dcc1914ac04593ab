import type { RunWarnings } from '../state/run-warnings.js';
import type { SourceStatus } from '../state/status.js';
import { formatCount, formatNoun } from './format.js';
import { NoticeGroups } from './notice-groups.js';
import { noticeLines } from './notice-text.js';
import { printable } from './text-width.js';

/** What was lost or changed, by kind and then run by run; only the number of runs if the details were not asked for. */
export function warningLines({ withWarnings, warnings }: SourceStatus): string[] {
  if (warnings === undefined) {
    return withWarnings === 0
      ? []
      : [`  Something of ${formatNoun(withWarnings, 'run')} was changed or left in MLflow; see status --warnings.`];
  }
  if (warnings.length === 0) return ['  Nothing was changed or left in MLflow.'];
  const groups = new NoticeGroups();
  for (const run of warnings) groups.add(run);
  return [
    '  Changed on the way, or left in MLflow:',
    ...groups.lines().map(({ text }) => `    ${printable(text)}`),
    '  Run by run:',
    ...warnings.flatMap(runLines),
  ];
}

function runLines({ runId, runName, experiment, notices, noticesMore = 0 }: RunWarnings): string[] {
  const name = runName === undefined ? runId : `${runName} (${runId})`;
  const rest = noticesMore > 0 ? [`      and ${formatCount(noticesMore)} more notices that are not kept`] : [];
  return [
    `    ${printable(`${name} of ${experiment}`)}:`,
    ...noticeLines(notices).map(({ text }) => `      ${printable(text)}`),
    ...rest,
  ];
}
