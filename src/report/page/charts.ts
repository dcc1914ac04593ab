import uPlot from 'uplot';
import { formatBytes, formatDuration, formatRate } from '../format.js';
import { element, section } from './element.js';
import type { PageReport } from './page-data.js';
import { rates } from './rates.js';

const HEIGHT = 150;
const PRINTED_WIDTH = 640;

/** Colours are given to the canvas by name of the theme: while a page is printed, its styles still say dark. */
const THEMES = {
  light: { line: '#0b6e99', fill: '#0b6e9926', grid: '#00000014', text: '#57606a' },
  dark: { line: '#58b7e0', fill: '#58b7e033', grid: '#ffffff1a', text: '#9aa4ae' },
} as const;

interface Series {
  readonly title: string;
  readonly amounts: readonly number[];
  readonly format: (perSecond: number) => string;
}

/** How fast it went over time; undefined where there is too little of it to be drawn. */
export function throughputSection({ throughput, seconds }: PageReport): HTMLElement | undefined {
  if (throughput === undefined) return undefined;
  const all: Series[] = [
    { title: 'Runs', amounts: throughput.runs, format: (rate) => formatRate(rate, 'runs') },
    { title: 'Points', amounts: throughput.points, format: (rate) => formatRate(rate, 'points') },
    { title: 'Artifacts', amounts: throughput.artifactBytes, format: (rate) => `${formatBytes(rate)}/s` },
  ];
  const charts = all
    .filter(({ amounts }) => amounts.length > 2 && amounts.some((amount) => amount > 0))
    .map((series) => new Chart(series, throughput.interval, seconds));
  const draw = (isPrinted: boolean) => {
    for (const chart of charts) chart.draw(isPrinted);
  };
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => draw(false));
  addEventListener('beforeprint', () => draw(true));
  addEventListener('afterprint', () => draw(false));
  return charts.length === 0
    ? undefined
    : section('Throughput over time', element('div.charts', ...charts.map(({ figure }) => figure)));
}

/** One quantity over time, with the value below the pointer. */
class Chart {
  readonly figure: HTMLElement;
  readonly #place = element('div.plot');
  readonly #reading = element('span.reading');
  readonly #series: Series;
  readonly #data: [number[], number[]];
  readonly #overall: string;
  #plot: uPlot | undefined;
  #width = 0;

  constructor(series: Series, interval: number, seconds: number) {
    const { title, amounts, format } = series;
    this.#series = series;
    this.#data = rates(amounts, interval, seconds);
    const mean = amounts.reduce((sum, amount) => sum + amount, 0) / seconds;
    this.#overall = `mean ${format(mean)} · peak ${format(Math.max(...this.#data[1]))}`;
    this.#reading.textContent = this.#overall;
    this.#place.setAttribute('role', 'img');
    this.#place.setAttribute('aria-label', `${title} over time: ${this.#overall}`);
    this.figure = element('figure', element('figcaption', element('strong', title), this.#reading), this.#place);
    new ResizeObserver(() => this.#resize()).observe(this.#place);
  }

  draw(isPrinted: boolean): void {
    const isDark = !isPrinted && matchMedia('(prefers-color-scheme: dark)').matches;
    this.#plot?.destroy();
    this.#plot = undefined;
    const width = isPrinted ? PRINTED_WIDTH : this.#width;
    if (width > 0)
      this.#plot = new uPlot(this.#options(width, THEMES[isDark ? 'dark' : 'light']), this.#data, this.#place);
  }

  #resize(): void {
    const width = Math.floor(this.#place.clientWidth);
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    if (this.#plot === undefined) this.draw(false);
    else this.#plot.setSize({ width, height: HEIGHT });
  }

  #options(width: number, theme: (typeof THEMES)[keyof typeof THEMES]): uPlot.Options {
    const axis = {
      stroke: theme.text,
      grid: { stroke: theme.grid, width: 1 },
      ticks: { show: false },
      font: '11px sans-serif',
    };
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, sync: { key: 'throughput' } },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, size: 24, values: (_, values) => values.map(shortDuration) },
        { ...axis, size: 52, values: (_, values) => values.map((value) => this.#tick(value)) },
      ],
      series: [
        {},
        {
          stroke: theme.line,
          fill: theme.fill,
          width: 1.5,
          points: { show: false },
          ...(stepped !== undefined && { paths: stepped }),
        },
      ],
      hooks: { setCursor: [(plot) => this.#read(plot.cursor.idx)] },
    };
  }

  #tick(value: number): string {
    return this.#series.title === 'Artifacts' ? formatBytes(value) : COMPACT.format(value);
  }

  #read(index: number | null | undefined): void {
    const [times, values] = this.#data;
    const isOver = index !== null && index !== undefined;
    const at = isOver ? times[index] : undefined;
    this.#reading.textContent =
      at === undefined || !isOver
        ? this.#overall
        : `${this.#series.format(values[index] ?? 0)} after ${formatDuration(at)}`;
  }
}

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `0.5 s`, `40 s`, `3 min`, `2 h`: of ticks, which are round. */
function shortDuration(seconds: number): string {
  const [value, unit] = seconds < 120 ? [seconds, 's'] : seconds < 7200 ? [seconds / 60, 'min'] : [seconds / 3600, 'h'];
  return `${Number(value.toFixed(2))} ${unit}`;
}
