import { formatCount } from '../format.js';
import type { PageReport, PageRun } from '../page/page-data.js';
import { readPageTemplate } from '../page-template.js';
import { scriptJson } from './page-text.js';

/** Whether a report of this name is a page, and not JSON. */
export function isPage(path: string): boolean {
  return /\.html?$/i.test(path);
}

/** How much there is to say of a run: the page has room for so many of each. */
export type PageRank = 'attention' | 'noticed' | 'plain';

/** How many runs a page holds, and in how many bytes: what comes later is counted. A browser has to hold it all in memory. */
const ROOM: Readonly<Record<PageRank, { readonly runs: number; readonly bytes: number }>> = {
  attention: { runs: 10_000, bytes: 8_000_000 },
  noticed: { runs: 10_000, bytes: 4_000_000 },
  plain: { runs: 10_000, bytes: 3_000_000 },
};
const SLOWEST_NAMED = 10;

/**
 * Gives the text of a page that needs nothing but itself. The data are JSON in elements that are not executed; the script of the
 * page, which is the only one that its content security policy lets run, shows them as text. Runs are written as they come.
 */
export class PageWriter {
  readonly #template = readPageTemplate();
  readonly #used: Record<PageRank, { runs: number; bytes: number; omitted: number }> = {
    attention: { runs: 0, bytes: 0, omitted: 0 },
    noticed: { runs: 0, bytes: 0, omitted: 0 },
    plain: { runs: 0, bytes: 0, omitted: 0 },
  };
  #slowest: PageRun[] = [];
  #isFirst = true;

  begin(): string {
    return `${this.#template[0]}<script type="application/json" id="runs">[`;
  }

  /** Nothing where there is no more room. */
  run(run: PageRun, rank: PageRank): string {
    this.#noteTime(run);
    const text = scriptJson(run);
    if (!this.#takeRoom(rank, Buffer.byteLength(text))) return '';
    const separator = this.#isFirst ? '' : ',';
    this.#isFirst = false;
    return `${separator}\n${text}`;
  }

  /** @param kinds the runs of each rank, to follow their number: `that failed` */
  end(report: Omit<PageReport, 'slowest' | 'omitted'>, kinds: Readonly<Record<PageRank, string>>): string {
    const whole: PageReport = { ...report, slowest: this.#slowest, omitted: this.#omissions(kinds) };
    return `\n]</script>\n<script type="application/json" id="report">${scriptJson(whole)}</script>\n${this.#template[1]}`;
  }

  #omissions(kinds: Readonly<Record<PageRank, string>>): string[] {
    const ranks = (Object.keys(this.#used) as PageRank[]).filter((rank) => this.#used[rank].omitted > 0);
    if (ranks.length === 0) return [];
    const told = ranks.map((rank) => `${formatCount(this.#used[rank].omitted)} runs ${kinds[rank]}`);
    return [
      `Not on this page, which has room for 10,000 of each kind at most: ${told.join('; ')}.`,
      'The numbers and causes above include them; --report FILE.json lists every run.',
    ];
  }

  #noteTime(run: PageRun): void {
    if (run.seconds === undefined) return;
    const fastest = this.#slowest.at(-1)?.seconds ?? 0;
    if (this.#slowest.length === SLOWEST_NAMED && run.seconds <= fastest) return;
    const sorted = [...this.#slowest, run].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
    this.#slowest = sorted.slice(0, SLOWEST_NAMED);
  }

  /** Takes the room for a run, or counts it as omitted. */
  #takeRoom(rank: PageRank, bytes: number): boolean {
    const used = this.#used[rank];
    const room = ROOM[rank];
    if (used.runs >= room.runs || used.bytes + bytes > room.bytes) {
      used.omitted += 1;
      return false;
    }
    used.runs += 1;
    used.bytes += bytes;
    return true;
  }
}
