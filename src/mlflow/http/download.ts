import { ConvertError } from '../../errors.js';
import { type HttpResponse, header, isCoded } from './response.js';
import { TransientError } from './retry.js';

/** Of a file that is compressed on the way no part can be asked for. */
const PLAIN = { 'accept-encoding': 'identity' } as const;

/** The download of one file in as many attempts as it takes. */
export class Download {
  /** Bytes that have been handed on. */
  received = 0;
  /** Attempts in a row that brought nothing new. */
  failures = 0;
  #tag: string | undefined;
  /** Whether the server compresses, though it was not asked to: offsets in what was decoded mean nothing to it. */
  #coded = false;

  /** @param what the file, for a sentence: `artifact a.txt of run x` */
  constructor(private readonly what: string) {}

  /** What one attempt brings, without what came before. Rejects with `skip-item` when the file has changed meanwhile. */
  async *part(
    send: (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    const range = this.received > 0 && !this.#coded ? { range: `bytes=${this.received}-` } : {};
    const answer = await send({ ...PLAIN, ...range });
    try {
      this.#expectSameFile(header(answer, 'etag'));
      this.#coded ||= isCoded(answer);
      if (answer.status === 206 && isCoded(answer)) throw new TransientError(206, 0);
      let known = answer.status === 206 ? 0 : this.received;
      for await (const chunk of answer.body) {
        signal.throwIfAborted();
        const fresh = chunk.subarray(Math.min(known, chunk.length));
        known -= chunk.length - fresh.length;
        if (fresh.length === 0) continue;
        this.received += fresh.length;
        this.failures = 0;
        yield fresh;
      }
    } finally {
      answer.leave();
    }
  }

  #expectSameFile(tag: string | undefined): void {
    if (this.received > 0 && tag !== this.#tag) {
      throw new ConvertError(
        'skip-item',
        'changed-while-reading',
        `While it was downloaded, ${this.what} has changed.`,
      );
    }
    this.#tag = tag;
  }
}
