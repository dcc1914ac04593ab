import { formatCount, formatNoun } from '../format.js';
import { element, foreign, sentence } from './element.js';
import type { PageBadge, PageFilter, PageGroup, PageList, PageReport, PageRun } from './page-data.js';
import { ORDERS, type Query, RunSearch } from './search.js';
import { shortTime } from './short-time.js';

/** Runs that are put on the page at once; a browser does not lay out ten thousand quickly. */
const AT_ONCE = 100;

/** The runs, which can be searched, filtered and ordered. */
export class RunList {
  readonly section: HTMLElement;
  readonly #search: RunSearch;
  readonly #total: number;
  readonly #counted: readonly (PageFilter & { readonly runs: number })[];
  readonly #words = element('input.words');
  readonly #order = element('select');
  readonly #filters = element('div.filters');
  readonly #found = element('p.found');
  readonly #list = element('div.runs');
  readonly #more = element('button.more');
  #query: Query = { words: '', key: undefined, order: 'attention' };
  #group: PageGroup | undefined;
  #runs: readonly PageRun[] = [];
  #shown = 0;

  constructor(runs: readonly PageRun[], report: PageReport) {
    this.#search = new RunSearch(runs);
    this.#total = runs.length;
    this.#counted = this.#search.counted(report.filters);
    this.#words.type = 'search';
    this.#words.placeholder = 'Search names, ids, experiments, causes';
    this.#words.setAttribute('aria-label', 'Search runs');
    this.#words.addEventListener('input', () => this.#ask({ words: this.#words.value }));
    this.#order.setAttribute('aria-label', 'Order of runs');
    for (const [order, label] of Object.entries(ORDERS)) this.#order.append(new Option(label, order));
    this.#order.addEventListener('change', () => this.#ask({ order: this.#order.value as Query['order'] }));
    this.#found.setAttribute('role', 'status');
    this.#more.type = 'button';
    this.#more.addEventListener('click', () => this.#showMore());
    const controls = element('div.controls', this.#words, this.#order);
    const heading = element('h2', 'Runs');
    const omitted = report.omitted.length > 0 && element('p.note.omitted', report.omitted.join(' '));
    this.section = element('section', heading, omitted, controls, this.#filters, this.#found, this.#list, this.#more);
    this.#ask({});
    addEventListener('beforeprint', () => this.#openImportant());
    addEventListener('afterprint', () => this.#closeOpened());
  }

  /** Lists the runs of one group. */
  readonly show = (group: PageGroup): void => {
    this.#group = group;
    this.#words.value = '';
    this.#ask({ key: group.key, words: '' });
    this.section.scrollIntoView();
  };

  #ask(change: Partial<Query>): void {
    this.#query = { ...this.#query, ...change };
    if (this.#group?.key !== this.#query.key) this.#group = undefined;
    this.#runs = this.#search.find(this.#query);
    this.#shown = 0;
    this.#list.replaceChildren();
    this.#found.textContent = this.#runs.length === 0 ? 'No run matches.' : formatNoun(this.#runs.length, 'run');
    this.#drawFilters();
    this.#showMore();
  }

  #drawFilters(): void {
    const buttons = [
      this.#filterButton(undefined, `All ${formatCount(this.#total)}`),
      ...this.#counted.map(({ key, label, runs }) => this.#filterButton(key, `${label} ${formatCount(runs)}`)),
    ];
    if (this.#group !== undefined) buttons.push(this.#filterButton(this.#group.key, this.#group.title));
    this.#filters.replaceChildren(...buttons);
  }

  #filterButton(key: string | undefined, label: string): HTMLElement {
    const button = element('button', label);
    const isPressed = key === this.#query.key;
    button.type = 'button';
    button.setAttribute('aria-pressed', String(isPressed));
    button.addEventListener('click', () => this.#ask({ key: isPressed ? undefined : key }));
    return button;
  }

  #showMore(): void {
    const next = this.#runs.slice(this.#shown, this.#shown + AT_ONCE);
    this.#list.append(...next.map(runItem));
    this.#shown += next.length;
    const left = this.#runs.length - this.#shown;
    this.#more.hidden = left === 0;
    this.#more.textContent = `Show ${formatCount(Math.min(left, AT_ONCE))} more of ${formatCount(left)}`;
  }

  /** Paper cannot be clicked on. */
  #openImportant(): void {
    for (const run of this.#list.querySelectorAll('details.important:not([open])')) {
      run.classList.add('printed');
      run.toggleAttribute('open', true);
    }
  }

  #closeOpened(): void {
    for (const run of this.#list.querySelectorAll('details.printed')) {
      run.classList.remove('printed');
      run.toggleAttribute('open', false);
    }
  }
}

function runItem(run: PageRun): HTMLElement {
  const { id, name, experiment = '', badges, seconds, points, amounts = [], reason, lists = [] } = run;
  const summary = element(
    'summary',
    element('span.name', foreign(name ?? id)),
    element('span.of', foreign(experiment)),
    element('span.badges', ...badges.map(badge)),
    element('span.number', points > 0 && formatNoun(points, 'point')),
    element('span.number', seconds !== undefined && shortTime(seconds)),
    reason !== undefined && element('span.told', sentence(reason)),
  );
  return element(
    reason === undefined ? 'details.run' : 'details.run.important',
    summary,
    element(
      'div.body',
      element('p', 'Run id ', element('code', foreign(id)), ...amounts.map((amount) => ` · ${amount}`)),
      reason !== undefined && !lists.some(({ texts }) => texts.includes(reason)) && element('p', sentence(reason)),
      ...lists.flatMap(sentences),
    ),
  );
}

function badge({ word, tone }: PageBadge): HTMLElement {
  const made = element('span.badge', word);
  made.classList.add(tone);
  return made;
}

function sentences({ title, texts }: PageList): HTMLElement[] {
  return [element('h4', title), element('ul', ...texts.map((text) => element('li', sentence(text))))];
}
