import { element, foreign, sentence } from './element.js';
import type { PageCard, PageReport } from './page-data.js';

/** How it ended, in a sentence or two, and of what. */
export function header({ title, verdict, facts }: PageReport): HTMLElement {
  const headline = element('p.verdict', sentence(verdict.text));
  headline.classList.add(verdict.tone);
  const places = element('dl.places');
  for (const [term, text] of facts) {
    places.append(element('div', element('dt', term), element('dd', foreign(text))));
  }
  return element('header', element('h1', title), headline, places);
}

/** The numbers. */
export function cardGrid({ cards }: PageReport): HTMLElement {
  return element('section.cards', ...cards.map(card));
}

function card({ title, value, details }: PageCard): HTMLElement {
  const lines = [element('h3', title), element('p.value', value), element('p.details', details.join(' · '))];
  return element('div.card', ...lines);
}
