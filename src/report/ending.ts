import type { ErrorCode } from '../errors.js';
import type { Warning } from '../events.js';
import type { ConversionSummary } from '../summary/summary.js';

/** How a conversion ended. */
export type Ending =
  | { readonly type: 'done' }
  /** A signal stopped it. What was published is whole. */
  | { readonly type: 'interrupted' }
  /** A watch was asked to end, and did. */
  | { readonly type: 'stopped' }
  /** Nothing more could be done; `message` is a sentence. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

/** What somebody who stopped a conversion should know. */
export const INTERRUPTED = 'Interrupted. The repository holds only whole runs; run the same command again to go on.';

/** What somebody who stopped a watch should know. */
export const STOPPED = 'Stopped. The repository holds only whole runs; the next watch goes on from here.';

/** What shows a conversion to people or programs, from its events on to its end. */
export interface View {
  /** Something that people who watch should know at once. */
  say(text: string): void;
  warn(warning: Warning): void;
  /** Stops the progress and gives the result; called once, at the end. */
  end(ending: Ending, summary: ConversionSummary): void;
}
