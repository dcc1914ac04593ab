import { formatCount, formatDuration, formatNoun } from '../format.js';
import { element, foreign, section, sentence } from './element.js';
import type { PageReport } from './page-data.js';
import { verdict } from './verdict.js';

/** How it ended, in one sentence, and what of what. */
export function header(report: PageReport): HTMLElement {
  const { tone, text } = verdict(report);
  const { source, repo, started, version, summary } = report;
  const places = element('dl.places');
  const add = (term: string, ...texts: readonly (Node | string)[]) => {
    places.append(element('div', element('dt', term), element('dd', ...texts)));
  };
  if (source !== undefined) add('From', foreign(source));
  if (repo !== undefined) add('To', foreign(repo));
  add('Started', moment(started), ` · took ${formatDuration(summary.seconds)}`);
  add('By', `mlflow2aim ${version}`);
  const headline = element('p.verdict', sentence(text));
  headline.classList.add(tone);
  const { runsUnpublished } = summary;
  const inVain =
    runsUnpublished > 0 &&
    element(
      'p.note',
      `${formatNoun(runsUnpublished, 'run')} built and not published: the next conversion builds them again.`,
    );
  return element('header', element('h1', 'Conversion from MLflow to Aim'), headline, inVain, places);
}

/** Warnings about the conversion as a whole. */
export function warningList({ warnings, summary }: PageReport): HTMLElement | undefined {
  if (warnings.length === 0) return undefined;
  const items = warnings.map(({ code, message }) => element('li', sentence(message), ' ', element('code', code)));
  const more = summary.warnings - warnings.length;
  if (more > 0) items.push(element('li', `and ${formatCount(more)} more`));
  return section('Warnings', element('ul.messages', ...items));
}

function moment(iso: string): HTMLElement {
  const time = element('time', `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`);
  time.dateTime = iso;
  return time;
}
