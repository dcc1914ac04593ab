import { formatCount, formatNoun } from '../format.js';
import { element, foreign, section, sentence } from './element.js';
import type { PageGroup, PageReport } from './page-data.js';
import { shortTime } from './short-time.js';

/** Shows the runs of a group. */
export type Show = (group: PageGroup) => void;

/** What failed or is incomplete, by cause; and what to do about it. */
export function causesSection({ groups, failedExperiments, summary }: PageReport, show: Show): HTMLElement | undefined {
  const { failed, incomplete } = groups;
  return section(
    'What needs attention',
    failedExperiments.length > 0 && element('h3', 'Experiments that could not be read'),
    failedExperiments.length > 0 &&
      element(
        'ul.messages',
        ...failedExperiments.map(({ id, code, message }) =>
          element('li', 'Experiment ', foreign(id), ': ', sentence(message), ' ', element('code', code)),
        ),
        summary.experimentsFailed > failedExperiments.length &&
          element('li', `and ${formatCount(summary.experimentsFailed - failedExperiments.length)} more`),
      ),
    ...table('Failed runs', 'They were left in Aim as they were. The next conversion tries them again.', failed, show),
    ...table(
      'Incomplete runs',
      'Aim keeps what it had of the missing parts, and each conversion tries them again. Mount what is not mounted, give the credentials, --artifacts-destination or --allow-root, or accept what is gone for good with --accept-missing RUN_ID|URI.',
      incomplete,
      show,
    ),
  );
}

/** What was left out on purpose. */
export function skippedSection({ groups }: PageReport, show: Show): HTMLElement | undefined {
  return section('What was skipped', ...table('', '', groups.skipped, show));
}

/** What Aim does not hold as MLflow does, and why. */
export function leftBehindSection({ groups, summary }: PageReport, show: Show): HTMLElement | undefined {
  const { traces, tracesMore, artifactsListed } = summary;
  const notes = [
    artifactsListed > 0 &&
      `${formatNoun(artifactsListed, 'file')} can be opened in Aim as links to where MLflow keeps them.`,
    traces > 0 &&
      `${formatNoun(traces, 'trace')}${tracesMore ? ' or more stay' : ' stay'} in MLflow: Aim has nothing like them.`,
  ].filter((note) => note !== false);
  return section(
    'What was left behind or changed',
    notes.length > 0 && element('p.note', notes.join(' ')),
    ...table('', '', groups.leftBehind, show),
  );
}

function table(title: string, advice: string, groups: readonly PageGroup[], show: Show): HTMLElement[] {
  if (groups.length === 0) return [];
  return [
    ...(title === '' ? [] : [element('h3', title)]),
    ...(advice === '' ? [] : [element('p.note', sentence(advice))]),
    element('ul.groups', ...groups.map((group) => groupItem(group, show))),
  ];
}

function groupItem(group: PageGroup, show: Show): HTMLElement {
  const { title, code, runs, amount, detail } = group;
  const button = element('button', formatNoun(runs, 'run'));
  button.type = 'button';
  button.title = 'Show these runs';
  button.addEventListener('click', () => show(group));
  return element(
    'li',
    element('div.what', element('strong', title), ' ', element('code', code)),
    element('div.amount', amount, amount !== undefined && ' · ', button),
    detail !== undefined && element('div.detail', sentence(detail)),
  );
}

/** The runs that took longest, with bars. */
export function slowestSection({ slowest }: PageReport): HTMLElement | undefined {
  if (slowest.length < 2) return undefined;
  const longest = slowest[0]?.seconds ?? 0;
  const items = slowest.map(({ name, id, experiment, seconds = 0, points }) => {
    const bar = element('span.bar');
    bar.style.width = `${longest > 0 ? Math.max(0.5, (100 * seconds) / longest) : 0}%`;
    return element(
      'li',
      element('div.what', element('strong', foreign(name ?? id)), ' ', element('span.of', foreign(experiment))),
      element('div.amount', `${formatNoun(points, 'point')} · ${shortTime(seconds)}`),
      element('div.track', bar),
    );
  });
  return section('Slowest runs', element('ol.slowest', ...items));
}
