import type { RunReport } from '../../outcome.js';
import { conversionPage } from './conversion-page.js';
import { GroupCounts } from './page-groups.js';
import { pageRun, rankOf } from './page-rows.js';
import { PageWriter } from './page-writer.js';
import type { ReportEnd, ReportFormat, ReportHead } from './report-format.js';

const KINDS = {
  attention: 'that failed or are incomplete',
  noticed: 'that were skipped or have something left in MLflow',
  plain: 'with nothing to report',
};

/** A page for people. */
export class HtmlFormat implements ReportFormat {
  readonly #page = new PageWriter();
  readonly #groups = new GroupCounts();
  #head: ReportHead | undefined;

  begin(head: ReportHead): string {
    this.#head = head;
    return this.#page.begin();
  }

  run(run: RunReport): string {
    return this.#page.run(pageRun(run, this.#groups.add(run)), rankOf(run));
  }

  end(end: ReportEnd): string {
    const { version = '', started = '' } = this.#head ?? {};
    return this.#page.end(conversionPage({ version, started }, end, this.#groups.groups()), KINDS);
  }
}
