import { summaryCards } from './cards.js';
import { throughputSection } from './charts.js';
import { element } from './element.js';
import { causesSection, leftBehindSection, skippedSection, slowestSection } from './group-tables.js';
import { header, warningList } from './header.js';
import type { PageReport, PageRun } from './page-data.js';
import { RunList } from './run-list.js';

/** The data of the page: JSON in an element that is not executed. */
function data<T>(id: string): T {
  return JSON.parse(document.getElementById(id)?.textContent ?? '') as T;
}

const report = data<PageReport>('report');
const runs = new RunList(data<PageRun[]>('runs'), report);
const sections = [
  header(report),
  summaryCards(report),
  causesSection(report, runs.show),
  skippedSection(report, runs.show),
  leftBehindSection(report, runs.show),
  warningList(report),
  throughputSection(report.throughput, report.summary.seconds),
  slowestSection(report),
  runs.section,
  element(
    'footer',
    'This page is whole in itself: it loads nothing, and sends nothing anywhere. Charts: uPlot (MIT licence, in the source of this page).',
  ),
];
document.getElementById('page')?.append(...sections.filter((part) => part !== undefined));
