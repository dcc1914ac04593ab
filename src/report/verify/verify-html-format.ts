import type { ExperimentFailure } from '../../events.js';
import { describeFinding } from '../../verify/aim/finding-text.js';
import type { RunVerdict, Verdict } from '../../verify/compare/verdict.js';
import type { Finding } from '../../verify/contents.js';
import type { VerifyTotals } from '../../verify/session/verify-totals.js';
import { moment, sentence } from '../file/page-text.js';
import { PageWriter } from '../file/page-writer.js';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../format.js';
import type { PageCard, PageMessage, PageSection, PageVerdict } from '../page/page-data.js';
import { VerifyGroupCounts, type VerifyGroups } from './verify-groups.js';
import type { VerifyReportEnd, VerifyReportFormat, VerifyReportHead, VerifySource } from './verify-report-format.js';
import { rankOf, verdictRow } from './verify-rows.js';
import { outcomeLine, type Verified, verdictNames } from './verify-text.js';

const KINDS = {
  attention: 'that are not as they have to be, or could not be read',
  noticed: 'that differ by what is explained',
  plain: 'that are equal',
};

/** Findings that belong to no run, and experiments that could not be read; they are kept in memory until the end. */
const MESSAGES_KEPT = 200;

/** A page for people. */
export class VerifyHtmlFormat implements VerifyReportFormat {
  private readonly page = new PageWriter();
  private readonly counts = new VerifyGroupCounts();
  private readonly findings: PageMessage[] = [];
  private readonly failures: PageMessage[] = [];
  private head: VerifyReportHead | undefined;
  private source: Partial<VerifySource> = {};

  begin(head: VerifyReportHead): string {
    this.head = head;
    return this.page.begin();
  }

  start(source: VerifySource): void {
    this.source = source;
  }

  run(run: RunVerdict): string {
    return this.page.run(verdictRow(run, this.counts.add(run), this.verified), rankOf(run));
  }

  finding(finding: Finding): void {
    if (this.findings.length >= MESSAGES_KEPT) return;
    const note = finding.severity === 'note' ? 'note: ' : '';
    this.findings.push({ text: sentence(note + describeFinding(finding)) });
  }

  experimentFailed({ id, code, message }: ExperimentFailure): void {
    if (this.failures.length < MESSAGES_KEPT) this.failures.push({ text: sentence(`${id}: ${message}`), code });
  }

  end(end: VerifyReportEnd): string {
    const { seconds, throughput, totals } = end;
    const { source, repo } = this.source;
    const { verified } = this;
    const names = verdictNames(verified);
    const { version = '', started = '' } = this.head ?? {};
    const report = {
      title: verified === 'structure' ? 'Structure of an Aim repository' : 'Verification of Aim against MLflow',
      verdict: verdict(end, verified),
      facts: [
        ...(source === undefined ? [] : [['MLflow', sentence(source)] as const]),
        ...(repo === undefined ? [] : [['Aim', sentence(repo)] as const]),
        ['Started', `${moment(started)} · took ${formatDuration(seconds)}`] as const,
        ['By', `mlflow2aim ${version}`] as const,
      ],
      cards: cards(totals, seconds, verified),
      sections: this.sections(this.counts.groups(), totals),
      throughput,
      seconds,
      filters: [
        ...(Object.entries(names) as [Verdict, string][]).map(([key, word]) => ({ key, label: capital(word) })),
        { key: 'incomplete', label: 'Incomplete' },
      ],
    };
    return this.page.end(report, KINDS);
  }

  /** Before anything is open, nobody knows. */
  private get verified(): Verified {
    const { source, repo } = this.source;
    return repo !== undefined && source === undefined ? 'structure' : 'comparison';
  }

  private sections({ wrong, unread, explained }: VerifyGroups, totals: VerifyTotals): PageSection[] {
    const { experimentsFailed, findings } = totals;
    const groups = (list: VerifyGroups['wrong']) => (list.length > 0 ? [{ groups: list }] : []);
    const sections = [
      {
        title: 'What is not as it has to be',
        parts: [...messages(this.findings, findings, 'The repository as a whole'), ...groups(wrong)],
      },
      {
        title: 'What could not be read',
        parts: [...messages(this.failures, experimentsFailed, 'Experiments'), ...groups(unread)],
      },
      { title: 'What differs for a reason', parts: groups(explained) },
    ];
    return sections.filter(({ parts }) => parts.length > 0);
  }
}

function verdict({ outcome, totals, error }: VerifyReportEnd, verified: Verified): PageVerdict {
  switch (outcome) {
    case 'failed':
      return { tone: 'bad', text: sentence(`The verification failed: ${error?.message ?? ''}`) };
    case 'interrupted':
      return { tone: 'warn', text: 'The verification was interrupted. Run the same command again to go on.' };
    default: {
      const tones = { 'as-expected': 'good', incomplete: 'warn', differences: 'bad' } as const;
      return {
        tone: tones[outcome],
        text: outcomeLine(outcome, totals, verified),
      };
    }
  }
}

function cards(totals: VerifyTotals, seconds: number, verified: Verified): PageCard[] {
  const names = verdictNames(verified);
  const { runs, experiments, metrics, points, files, bytes } = totals;
  const all = Object.values(runs).reduce((sum, count) => sum + count, 0);
  const some = (count: number, what: string) => (count > 0 ? [`${formatCount(count)} ${what}`] : []);
  return [
    {
      title: 'Runs',
      value: formatCount(all),
      details: (Object.keys(names) as Verdict[]).flatMap((one) => some(runs[one], names[one])),
    },
    ...(verified === 'structure'
      ? []
      : [
          {
            title: 'Experiments',
            value: formatCount(experiments),
            details: some(totals.experimentsFailed, 'not read'),
          },
        ]),
    {
      title: verified === 'structure' ? 'Points' : 'Points compared',
      value: formatCount(points),
      details: [
        formatNoun(metrics, 'metric'),
        ...some(totals.pointsCollapsed, 'collapsed'),
        ...some(totals.metricsRenumbered, 'renumbered'),
        ...some(totals.pointsBehind, 'not in Aim yet'),
      ],
    },
    {
      title: verified === 'structure' ? 'Files' : 'Files compared',
      value: formatCount(files),
      details: [formatBytes(bytes), ...some(totals.links, 'links')],
    },
    {
      title: 'Time',
      value: formatDuration(seconds),
      details: seconds > 0 ? [formatRate(all / seconds, 'runs'), formatRate(points / seconds, 'points')] : [],
    },
  ];
}

function messages(shown: readonly PageMessage[], total: number, title: string) {
  const more = total - shown.length;
  const rest = more > 0 ? [{ text: `and ${formatCount(more)} more` }] : [];
  return shown.length === 0 ? [] : [{ title, messages: [...shown, ...rest] }];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
