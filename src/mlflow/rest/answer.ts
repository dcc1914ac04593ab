import type { Dispatcher } from 'undici';

/** An answer of a server, its body not yet read. */
export type Answer = Dispatcher.ResponseData;

/** A header's value, the first of several. */
export function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Gives up what has not been read of an answer, if anything. */
export function leave({ body }: Answer): void {
  body.on('error', () => {}); // which is that it was given up
  body.destroy();
}

/** The whole body. */
export async function textOf(answer: Answer): Promise<string> {
  return answer.body.text();
}
