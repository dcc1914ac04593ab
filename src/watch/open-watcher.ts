import type { ChangeSignal } from '../mlflow/common/tracking-store.js';
import { DirectoryWatcher } from './directory-watcher.js';
import { FileWatcher } from './file-watcher.js';
import { PollingWatcher } from './polling-watcher.js';
import type { OpenWatcher } from './source-watcher.js';

/** Between two polls of the active runs of a directory; milliseconds. */
const POLL_EVERY = 1_000;

export function watchersOf(changes: ChangeSignal): OpenWatcher {
  return (how, listener) => {
    if (changes.type === 'directory') {
      if (how === 'polling') return new PollingWatcher(changes.root, listener, POLL_EVERY);
      return new DirectoryWatcher(changes.root, listener);
    }
    return changes.type === 'file' && how === 'events' ? new FileWatcher(changes.file, listener) : undefined;
  };
}
