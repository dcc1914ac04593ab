import { throughputSection } from './charts.js';
import { element } from './element.js';
import { cardGrid, header } from './header.js';
import type { PageReport, PageRun } from './page-data.js';
import { RunList } from './run-list.js';
import { slowestSection, textSection } from './sections.js';

const FOOTER =
  'This page is whole in itself: it loads nothing, and sends nothing anywhere. Charts: uPlot (MIT licence, in the source of this page).';

/** The data of the page: JSON in an element that is not executed. */
function data<T>(id: string): T {
  return JSON.parse(document.getElementById(id)?.textContent ?? '') as T;
}

const report = data<PageReport>('report');
const runs = new RunList(data<PageRun[]>('runs'), report);
const sections = [
  header(report),
  cardGrid(report),
  ...report.sections.map((section) => textSection(section, runs.show)),
  throughputSection(report),
  slowestSection(report),
  runs.section,
  element('footer', FOOTER),
];
document.getElementById('page')?.append(...sections.filter((part) => part !== undefined));
