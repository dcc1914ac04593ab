import { LogFile } from '../report/log-file.js';
import { checkPlace } from '../report/report-place.js';
import type { Io } from './io.js';

/**
 * Opens the file of --log-file. SIGHUP opens it anew, as logrotate wants it; but not of a process on a terminal, where the signal says
 * that this is gone.
 * @param failed takes a sentence when lines begin to be lost
 * @throws ConvertError `fatal`
 */
export function openLogFile(
  path: string,
  { signals, stderr }: Pick<Io, 'signals' | 'stderr'>,
  failed: (sentence: string) => void,
): Pick<LogFile, 'write' | 'hasLost' | 'close'> {
  checkPlace('log file', path);
  const file = new LogFile(path, (failure) => failed(failure.sentence));
  const reopen = () => file.reopen();
  if (stderr.isTTY !== true) signals.on('SIGHUP', reopen);
  return {
    write: (line) => file.write(line),
    get hasLost() {
      return file.hasLost;
    },
    close: () => {
      signals.off('SIGHUP', reopen);
      file.close();
    },
  };
}
