import type { ConvertEvents } from '../events.js';
import type { View } from '../report/ending.js';
import { JsonLog } from '../report/json-log.js';
import { ProgressState } from '../report/progress-state.js';
import type { Io } from './io.js';
import { openLogFile } from './log-file.js';
import { packageVersion } from './version.js';

/** The log of --log-file. */
export interface Log extends Pick<View, 'warn' | 'end'> {
  /** Whether lines are missing in the file. */
  hasLost(): boolean;
  close(): void;
}

/**
 * Logs a conversion to a file, whatever the terminal shows.
 * @param view is told when lines cannot be written
 * @throws ConvertError `fatal`
 */
export function openLog(path: string, events: ConvertEvents, view: View, io: Pick<Io, 'signals' | 'stderr'>): Log {
  const file = openLogFile(path, io, (message) => view.warn({ code: 'log-not-written', message }));
  const log = new JsonLog(events, new ProgressState(events), {
    write: (line) => file.write(line),
    tell: () => {},
    quiet: false,
    version: packageVersion(),
  });
  return {
    warn: (warning) => log.warn(warning),
    end: (ending, summary) => log.end(ending, summary),
    hasLost: () => file.hasLost,
    close: () => file.close(),
  };
}
