import type { ConvertEvents } from '../events.js';
import type { View } from '../report/ending.js';
import { JsonLog } from '../report/json-log.js';
import { LogFile } from '../report/log-file.js';
import { ProgressState } from '../report/progress-state.js';
import { checkPlace } from '../report/report-place.js';
import type { Io } from './io.js';
import { packageVersion } from './version.js';

/** The log of --log-file. */
export interface Log extends Pick<View, 'warn' | 'end'> {
  /** Whether lines are missing in the file. */
  hasLost(): boolean;
  close(): void;
}

/**
 * Logs a conversion to a file, whatever the terminal shows. SIGHUP opens the file anew, as logrotate wants it; but not of a process on a
 * terminal, where the signal says that this is gone.
 * @param view is told when lines cannot be written
 * @throws ConvertError `fatal`
 */
export function openLog(
  path: string,
  events: ConvertEvents,
  view: View,
  { signals, stderr }: Pick<Io, 'signals' | 'stderr'>,
): Log {
  checkPlace('log file', path);
  const file = new LogFile(path, (failure) => view.warn({ code: 'log-not-written', message: failure.sentence }));
  const write = (line: string) => file.write(line);
  const log = new JsonLog(events, new ProgressState(events), {
    write,
    tell: () => {},
    quiet: false,
    version: packageVersion(),
  });
  const reopen = () => file.reopen();
  if (stderr.isTTY !== true) signals.on('SIGHUP', reopen);
  return {
    warn: (warning) => log.warn(warning),
    end: (ending, summary) => log.end(ending, summary),
    hasLost: () => file.hasLost,
    close: () => {
      signals.off('SIGHUP', reopen);
      file.close();
    },
  };
}
