import { type AimServer, serve } from './aim-server.js';

/** What `aim up` tells of a run in answer to `/info/`. */
export interface LiveRun {
  readonly active: boolean;
  readonly archived: boolean;
  readonly end_time: number | null;
  /** Names. */
  readonly tags: readonly string[];
}

interface Info {
  readonly props: Omit<LiveRun, 'tags'> & { readonly tags: readonly { readonly name: string }[] };
  readonly traces: Readonly<Record<string, readonly unknown[]>>;
}

/** An `aim up`, asked as its UI asks it, while runs grow. */
export class LiveServer {
  private constructor(private readonly server: AimServer) {}

  static async over(repo: string): Promise<LiveServer> {
    return new LiveServer(await serve(repo));
  }

  /** Undefined while there is no such run. */
  async run(hash: string): Promise<LiveRun | undefined> {
    const info = await this.info(hash);
    return info === undefined ? undefined : { ...info.props, tags: info.props.tags.map(({ name }) => name) };
  }

  /** How many steps of `loss` are there, when they are 0, 1, 2 …; the answer holds a sample of them and always the last. */
  async steps(hash: string): Promise<number> {
    const wanted = [{ name: 'loss', context: {} }];
    const metrics = await this.ask(`${hash}/metric/get-batch/`, 'POST', wanted);
    const [metric] = (metrics ?? []) as { iters: number[] }[];
    return Math.max(-1, ...(metric?.iters ?? [])) + 1;
  }

  /** How many sequences of images there are. */
  async images(hash: string): Promise<number> {
    return (await this.info(hash))?.traces.images?.length ?? 0;
  }

  /** What a person does in the UI. */
  async change(path: string, method: 'POST' | 'PUT', body: unknown): Promise<void> {
    if ((await this.ask(path, method, body)) === undefined) throw new Error(`${method} ${path}: it is not there.`);
  }

  log(): string {
    return this.server.log();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private async info(hash: string): Promise<Info | undefined> {
    return (await this.ask(`${hash}/info/`, 'GET')) as Info | undefined;
  }

  /** The answer's JSON; undefined for what is not there. */
  private async ask(path: string, method: string, body?: unknown): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${this.server.url}/api/runs/${path}`, { method, headers, ...content });
    const text = await answer.text();
    if (answer.status !== 404 && !answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return answer.ok ? JSON.parse(text) : undefined;
  }
}
