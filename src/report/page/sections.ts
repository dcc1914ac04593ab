import { formatNoun } from '../format.js';
import { type Child, element, foreign, section, sentence } from './element.js';
import type { PageGroup, PageMessage, PagePart, PageReport, PageSection } from './page-data.js';
import { shortTime } from './short-time.js';

/** Shows the runs of a group. */
export type Show = (group: PageGroup) => void;

/** Causes, losses, messages: whatever the report has to say beside numbers and runs. */
export function textSection({ title, parts }: PageSection, show: Show): HTMLElement | undefined {
  return section(title, ...parts.flatMap((part) => partContent(part, show)));
}

function partContent({ title, note, groups = [], messages = [] }: PagePart, show: Show): Child[] {
  return [
    title !== undefined && element('h3', title),
    note !== undefined && element('p.note', sentence(note)),
    messages.length > 0 && element('ul', ...messages.map(messageItem)),
    groups.length > 0 && element('ul.groups', ...groups.map((group) => groupItem(group, show))),
  ];
}

function messageItem({ text, code }: PageMessage): HTMLElement {
  return element('li', sentence(text), ' ', code !== undefined && element('code', code));
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
  const items = slowest.map(({ name, id, experiment = '', seconds = 0, points }) => {
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
