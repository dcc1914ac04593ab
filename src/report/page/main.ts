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
const runs = data<PageRun[]>('runs');
const list = new RunList(runs, report);
const sections = [
  header(report),
  cardGrid(report),
  ...report.sections.map((section) => textSection(section, list.show)),
  throughputSection(report),
  slowestSection(report),
  runs.length > 0 ? list.section : undefined,
  element('footer', FOOTER),
];
document.getElementById('page')?.append(...sections.filter((part) => part !== undefined));
