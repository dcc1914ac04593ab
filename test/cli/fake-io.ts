import { EventEmitter } from 'node:events';
import type { Io, OutputStream } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';
import type { readStatus } from '../../src/state/status.js';

/** A stream that keeps what is written to it. */
class FakeStream extends EventEmitter implements OutputStream {
  text = '';
  isTTY = false;
  columns = 100;
  rows = 24;

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

/** The world around the command line, for a test that looks on. */
export class FakeIo implements Io {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly signals = new EventEmitter();
  readonly exits: number[] = [];
  env: Record<string, string | undefined> = {};
  convert: Io['convert'] = async () => {};
  watch: Io['watch'] = async () => {};
  verify: Io['verify'] = async () => {};
  readStatus: typeof readStatus = async (repo) => ({ repo, sources: [], accepted: [] });
  readonly exit = (code: number): void => void this.exits.push(code);

  /** Runs `mlflow2aim convert` on a source that is not looked at. */
  run(...flags: string[]): Promise<number> {
    return main(['convert', '--tracking_uri', 'a-store', ...flags], this);
  }
}
