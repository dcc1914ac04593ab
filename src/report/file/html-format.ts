import type { RunReport } from '../../outcome.js';
import type { PageRank, PageReport, PageRun } from '../page/page-data.js';
import { readPageTemplate } from '../page-template.js';
import { GroupCounts } from './page-groups.js';
import { pageRun, rankOf, sentence } from './page-rows.js';
import { scriptJson } from './page-text.js';
import type { ReportEnd, ReportFormat, ReportHead } from './report-format.js';

/** How many runs a page holds, and in how many bytes: what comes later is counted. A browser has to hold it all in memory. */
const ROOM: Readonly<Record<PageRank, { readonly runs: number; readonly bytes: number }>> = {
  attention: { runs: 10_000, bytes: 8_000_000 },
  noticed: { runs: 10_000, bytes: 4_000_000 },
  plain: { runs: 10_000, bytes: 3_000_000 },
};
const SLOWEST_NAMED = 10;
/** Warnings, and experiments that could not be read. */
const MESSAGES_SHOWN = 200;

/**
 * One page that needs nothing but itself. The data are JSON in elements that are not executed; the script of the page, which is
 * the only one that its content security policy lets run, shows them as text. Runs are written as they come.
 */
export class HtmlFormat implements ReportFormat {
  readonly #template = readPageTemplate();
  readonly #groups = new GroupCounts();
  readonly #used: Record<PageRank, { runs: number; bytes: number }> = {
    attention: { runs: 0, bytes: 0 },
    noticed: { runs: 0, bytes: 0 },
    plain: { runs: 0, bytes: 0 },
  };
  readonly #omitted: Record<PageRank, number> = { attention: 0, noticed: 0, plain: 0 };
  #slowest: PageRun[] = [];
  #head: ReportHead | undefined;
  #isFirst = true;

  begin(head: ReportHead): string {
    this.#head = head;
    return `${this.#template[0]}<script type="application/json" id="runs">[`;
  }

  run(run: RunReport): string {
    const row = pageRun(run, this.#groups.add(run));
    this.#noteTime(row);
    const text = scriptJson(row);
    if (!this.#hasRoom(rankOf(run), Buffer.byteLength(text))) return '';
    const separator = this.#isFirst ? '' : ',';
    this.#isFirst = false;
    return `${separator}\n${text}`;
  }

  end(end: ReportEnd): string {
    const report = scriptJson(this.#report(end));
    return `\n]</script>\n<script type="application/json" id="report">${report}</script>\n${this.#template[1]}`;
  }

  #report(end: ReportEnd): PageReport {
    const { source, repo, summary, error, warnings, failedExperiments, throughput, finished, interrupted } = end;
    const { failedRuns: _, skippedRuns: __, artifactsSkipped: ___, ...numbers } = summary;
    const { version = '', started = '' } = this.#head ?? {};
    return {
      version,
      started,
      finished,
      ...(source !== undefined && { source: sentence(source) }),
      ...(repo !== undefined && { repo: sentence(repo) }),
      interrupted,
      ...(error !== undefined && { error: shown(error) }),
      summary: numbers,
      throughput,
      warnings: warnings.slice(0, MESSAGES_SHOWN).map(shown),
      failedExperiments: failedExperiments.slice(0, MESSAGES_SHOWN).map((failure) => {
        return { id: sentence(failure.id), ...shown(failure) };
      }),
      groups: this.#groups.groups(),
      slowest: this.#slowest,
      omitted: this.#omitted,
    };
  }

  #noteTime(run: PageRun): void {
    if (run.seconds === undefined) return;
    const fastest = this.#slowest.at(-1)?.seconds ?? 0;
    if (this.#slowest.length === SLOWEST_NAMED && run.seconds <= fastest) return;
    const sorted = [...this.#slowest, run].sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
    this.#slowest = sorted.slice(0, SLOWEST_NAMED);
  }

  /** Takes the room for a run, or counts it as omitted. */
  #hasRoom(rank: PageRank, bytes: number): boolean {
    const used = this.#used[rank];
    const room = ROOM[rank];
    if (used.runs >= room.runs || used.bytes + bytes > room.bytes) {
      this.#omitted[rank] += 1;
      return false;
    }
    used.runs += 1;
    used.bytes += bytes;
    return true;
  }
}

function shown<Code>({ code, message }: { readonly code: Code; readonly message: string }) {
  return { code, message: sentence(message) };
}
