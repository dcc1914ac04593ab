import { pino } from 'pino';
import type { VerifyEvents } from '../../verify/session/verify-events.js';
import { RetryFilter } from '../retry-text.js';
import { printable } from '../text-width.js';
import { findingRecord, verdictRecord } from './verify-record.js';
import type { VerifyResultRecord } from './verify-report-format.js';
import type { VerifyView } from './verify-view.js';

/** A verification as one JSON object a line; docs/verify.md names the events. */
export class VerifyJsonLog implements VerifyView {
  private readonly log;

  constructor(
    events: VerifyEvents,
    private readonly options: {
      readonly write: (line: string) => void;
      /** Takes a line for people, who read elsewhere. */
      readonly tell: (line: string) => void;
      readonly quiet: boolean;
      readonly version: string;
    },
  ) {
    const log = pino(
      {
        level: options.quiet ? 'error' : 'info',
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write: options.write },
    );
    this.log = log;
    events.on('start', (start) => log.info({ event: 'start', version: options.version, ...start }));
    events.on('experiment', (experiment) => log.info({ event: 'experiment', ...experiment }));
    events.on('run', (run) => {
      const isWrong = run.verdict === 'differs' || run.verdict === 'missing';
      log[isWrong ? 'error' : 'info']({ event: 'run', ...verdictRecord(run) });
      for (const one of [...run.differences, ...run.findings]) {
        log[one.severity === 'error' ? 'error' : 'info']({ event: 'difference', ...findingRecord(one) });
      }
    });
    events.on('finding', (finding) => log.error({ event: 'finding', ...findingRecord(finding) }));
    events.on('repair', ({ runs }) => log.info({ event: 'repair', runs }));
    const retries = new RetryFilter();
    events.on('retry', (retry) => {
      if (retries.passes(retry)) log.warn({ event: 'retry', ...retry });
    });
    events.on('warning', (warning) => log.warn({ event: 'warning', ...warning }));
    events.on('experiment:failed', (failure) => log.error({ event: 'experiment-failed', ...failure }));
  }

  say(text: string): void {
    this.options.tell(printable(text));
  }

  end(result: VerifyResultRecord): void {
    if (result.error !== undefined) this.log.error({ event: 'error', ...result.error });
    this.log.info({ event: 'summary', ...result });
  }
}
