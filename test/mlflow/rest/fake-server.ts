import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConvertError } from '../../../src/errors.js';
import { SQLITE_LIKE } from '../../../src/mlflow/search/like.js';
import { SearchMatchers } from '../../../src/mlflow/search/search-matchers.js';
import type { RunStatus } from '../../../src/model.js';

export interface FakePoint {
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
}

export interface FakeRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly name?: string;
  readonly status?: RunStatus;
  readonly deleted?: boolean;
  readonly start?: number;
  readonly end?: number;
  readonly artifactUri?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, readonly FakePoint[]>>;
  readonly artifacts?: Readonly<Record<string, string | Uint8Array>>;
  readonly datasets?: readonly {
    readonly name: string;
    readonly digest: string;
    readonly context?: string;
    readonly tags?: Readonly<Record<string, string>>;
  }[];
  /** One without a step is not among the run's outputs. */
  readonly models?: readonly {
    readonly id: string;
    readonly name: string;
    readonly step?: number;
    /** As JSON has them. */
    readonly metrics?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

export interface FakeExperiment {
  readonly id: string;
  readonly name: string;
  readonly deleted?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface FakeContent {
  readonly experiments: FakeExperiment[];
  readonly runs: FakeRun[];
  /** 3 by default. A server of MLflow 2 does not page histories and knows neither models nor what it is. */
  readonly version?: 2 | 3;
  readonly keepsFiles?: boolean;
  /** What Authorization must say. */
  readonly authorization?: string;
}

/** Takes a request over: true when it has dealt with it. */
export type Interception = (request: IncomingMessage, response: ServerResponse, count: number) => boolean;

type Json = Record<string, unknown>;

const START = 1_700_000_000_000;

/** An MLflow tracking server as far as reading goes, as mlflow-sources.md §2 describes it. It listens on this machine only. */
export class FakeServer {
  readonly #server: Server;
  /** All requests so far: `GET /path?query`. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** Of those that have one. */
  readonly bodies: Readonly<Record<string, unknown>>[] = [];
  intercept: Interception = () => false;

  private constructor(readonly content: FakeContent) {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(content: FakeContent): Promise<FakeServer> {
    const fake = new FakeServer(content);
    await new Promise<void>((settle) => fake.#server.listen(0, '127.0.0.1', settle));
    return fake;
  }

  get uri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((settle) => this.#server.close(() => settle()));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString() || '{}') as Json;
    this.requests.push(`${request.method} ${request.url}`);
    this.headers.push(request.headers);
    if (parts.length > 0) this.bodies.push(body);
    if (this.intercept(request, response, this.requests.length)) return;
    const { authorization } = this.content;
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="mlflow"' }).end('You are not authenticated.');
      return;
    }
    const url = new URL(request.url ?? '/', 'http://fake');
    const answer = await this.#answer(url, body);
    if (answer === undefined) response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html>Not Found');
    else if (typeof answer === 'string') send(response, 200, answer);
    else if (Buffer.isBuffer(answer)) sendFile(request, response, answer);
    else if ('error_code' in answer) send(response, answer.error_code === INVALID ? 400 : 404, JSON.stringify(answer));
    else send(response, 200, JSON.stringify(answer, undefined, 2));
  }

  async #answer(url: URL, body: Json): Promise<Json | string | Buffer | undefined> {
    const { version = 3, keepsFiles = false } = this.content;
    const path = url.pathname.replace(/^\/(ajax-)?api\/\d\.0\/mlflow\//, '');
    const run = this.content.runs.find(({ runId }) => runId === url.searchParams.get('run_id'));
    switch (path) {
      case '/version':
        return version === 3 ? '3.17.0' : '2.22.0';
      case 'server-info':
        return version === 3 ? { store_type: keepsFiles ? 'FileStore' : 'SqlStore' } : undefined;
      case 'experiments/search':
        return paged(this.content.experiments.map(experimentJson), body, 'experiments');
      case 'runs/search': {
        const ids = body.experiment_ids as string[];
        const found: FakeRun[] = [];
        try {
          for (const one of this.content.runs) {
            if (ids.includes(one.experimentId) && (await passes(one, body.filter))) found.push(one);
          }
        } catch (cause) {
          if (!(cause instanceof ConvertError)) throw cause;
          return { error_code: INVALID, message: 'Invalid clause(s) in filter string' };
        }
        return paged(found.map(runJson), body, 'runs');
      }
      case 'runs/get':
        if (run !== undefined) return { run: runJson(run) };
        return missing(keepsFiles ? `Run '${'0'.repeat(32)}' not found` : `Run with id=${'0'.repeat(32)} not found`);
      case 'metrics/get-history': {
        const all = this.#sorted(run?.metrics?.[url.searchParams.get('metric_key') ?? ''] ?? []);
        const [limit, begin] = [
          Number(url.searchParams.get('max_results') ?? Infinity),
          offset(url.searchParams.get('page_token')),
        ];
        if (version === 2) return `{"metrics": [${all.map((point) => pointJson(point, true)).join(',\n')}]}`;
        const page = all.slice(begin, begin + limit);
        const next = begin + limit < all.length ? `, "next_page_token": "${token(begin + limit)}"` : '';
        return `{\n  "metrics": [${page.map((point) => pointJson(point, true)).join(', ')}]${next}}`;
      }
      case 'metrics/get-history-bulk': {
        if (!url.pathname.startsWith('/ajax-api/')) return undefined;
        const ids = url.searchParams.getAll('run_id').sort();
        const key = url.searchParams.get('metric_key') ?? '';
        const points = ids.flatMap((id) =>
          byTime(this.content.runs.find(({ runId }) => runId === id)?.metrics?.[key] ?? []).map((point) =>
            pointJson(point, false, id),
          ),
        );
        return `{"metrics":[${points.slice(0, 25_000).join(',')}]}`;
      }
      case 'artifacts/list':
        return run === undefined ? missing('no such run') : listing(run, url.searchParams.get('path') ?? '', true);
      case 'logged-models/search':
        return version === 3 ? paged(this.#models((body.experiment_ids as string[])[0]), body, 'models') : undefined;
      default:
        return this.#file(url, path);
    }
  }

  #file(url: URL, path: string): Json | Buffer | undefined {
    const model = /^logged-models\/(.+)$/.exec(path)?.[1];
    if (model !== undefined && this.content.version !== 2) {
      const found = this.#models().find(({ info }) => (info as Json).model_id === model);
      return found === undefined ? missing('no such model') : { model: found };
    }
    const run = this.content.runs.find(({ runId }) => runId === url.searchParams.get('run_id'));
    const asked = /^\/api\/2\.0\/mlflow-artifacts\/artifacts(?:\/(.*))?$/.exec(url.pathname);
    if (url.pathname === '/get-artifact') return fileOf(run, url.searchParams.get('path') ?? '');
    if (asked === null) return undefined;
    const full = decodeURIComponent(asked[1] ?? url.searchParams.get('path') ?? '');
    const [, id, below = ''] = /^\d+\/([^/]+)\/artifacts\/?(.*)$/s.exec(full) ?? [];
    const proxied = this.content.runs.find(({ runId }) => runId === id);
    if (proxied === undefined) return missing('nothing there');
    return asked[1] === undefined ? listing(proxied, below, false) : fileOf(proxied, below);
  }

  #models(experimentId?: string): Json[] {
    return this.content.runs
      .filter((run) => experimentId === undefined || run.experimentId === experimentId)
      .flatMap((run) =>
        (run.models ?? []).map(({ id, name, metrics }) => ({
          info: { model_id: id, name, source_run_id: run.runId, status: 'LOGGED_MODEL_READY', tags: [] },
          data: { params: [{ key: 'depth', value: '3' }], metrics },
        })),
      );
  }

  /** A file store has the order of its files, and so has SQLite behind MLflow 2; otherwise the database sorts. */
  #sorted(points: readonly FakePoint[]): readonly FakePoint[] {
    return this.content.keepsFiles || this.content.version === 2 ? points : byTime(points);
  }
}

function byTime(points: readonly FakePoint[]): FakePoint[] {
  const number = (value: number): number => (Number.isNaN(value) ? 0 : value);
  return [...points].sort(
    (a, b) => a.timestamp - b.timestamp || Number(a.step - b.step) || number(a.value) - number(b.value),
  );
}

function send(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

function sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(begin);
  response.writeHead(begin > 0 ? 206 : 200, { 'content-length': part.length, etag: `"${bytes.length}"` }).end(part);
}

function fileOf(run: FakeRun | undefined, path: string): Json | Buffer {
  const content = run?.artifacts?.[path];
  if (content === undefined) return missing(`no such file: ${path}`);
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
}

function listing(run: FakeRun, directory: string, whole: boolean): Json {
  const prefix = directory === '' ? '' : `${directory}/`;
  const found = new Map<string, Json>();
  for (const [path, content] of Object.entries(run.artifacts ?? {}).reverse()) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...more] = path.slice(prefix.length).split('/');
    const shown = whole ? prefix + name : name;
    if (more.length > 0) found.set(name, { path: shown, is_dir: true });
    else found.set(name, { path: shown, is_dir: false, file_size: Buffer.byteLength(content) });
  }
  return found.size === 0 ? {} : { files: [...found.values()] };
}

function missing(message: string): Json {
  return { error_code: 'RESOURCE_DOES_NOT_EXIST', message };
}

const INVALID = 'INVALID_PARAMETER_VALUE';
const matchers = new SearchMatchers(SQLITE_LIKE);

/** Filters as we understand them ourselves; the interop tests ask the real MLflow. */
async function passes(run: FakeRun, filter: unknown): Promise<boolean> {
  if (typeof filter !== 'string') return true;
  const { runId, name, status = 'FINISHED', params = {}, tags = {}, datasets = [], metrics = {} } = run;
  const attributes: Json = { run_id: runId, run_name: name, status, start_time: run.start ?? START, end_time: run.end };
  return matchers.of({ filter })!.matches({
    attribute: (key) => attributes[key] as string | number | undefined,
    text: (part, key) => (part === 'param' ? params : tags)[key],
    datasets: () => datasets,
    metric: (key) =>
      byTime(metrics[key] ?? [])
        .sort((a, b) => Number(a.step - b.step))
        .at(-1)?.value,
  });
}

const token = (at: number): string => Buffer.from(JSON.stringify({ offset: at })).toString('base64');

function offset(page: unknown): number {
  return typeof page === 'string'
    ? (JSON.parse(Buffer.from(page, 'base64').toString()) as { offset: number }).offset
    : 0;
}

function paged(items: Json[], body: Json, field: string): Json {
  const begin = offset(body.page_token);
  const end = begin + (body.max_results as number);
  const page = items.slice(begin, end);
  return { ...(page.length > 0 && { [field]: page }), ...(end < items.length && { next_page_token: token(end) }) };
}

const pairs = (map: Readonly<Record<string, string>> = {}): Json[] =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

function experimentJson({ id, name, deleted = false, tags }: FakeExperiment): Json {
  return { experiment_id: id, name, lifecycle_stage: deleted ? 'deleted' : 'active', tags: pairs(tags) };
}

function runJson(run: FakeRun): Json {
  const { runId, experimentId, name, status = 'FINISHED', start = START, end, metrics = {} } = run;
  const latest = Object.entries(metrics).flatMap(([key, points]) => {
    const last = byTime(points).reduce((a, b) => (b.step >= a.step ? b : a), points[0]!);
    return last === undefined
      ? []
      : [{ key, value: numberText(last.value, true), timestamp: last.timestamp, step: Number(last.step) }];
  });
  const inputs = (run.datasets ?? []).map(({ context, tags, ...dataset }) => ({
    tags: pairs({ ...(context !== undefined && { 'mlflow.data.context': context }), ...tags }),
    dataset: { ...dataset, source_type: 'local', source: '{"uri": "/data"}' },
  }));
  const outputs = run.models?.filter(({ step }) => step !== undefined);
  return {
    info: {
      run_uuid: runId,
      run_id: runId,
      experiment_id: experimentId,
      ...(name !== undefined && { run_name: name }),
      user_id: 'tester',
      status,
      start_time: start,
      ...(end !== undefined && { end_time: end }),
      artifact_uri: run.artifactUri ?? `mlflow-artifacts:/${experimentId}/${runId}/artifacts`,
      lifecycle_stage: run.deleted ? 'deleted' : 'active',
    },
    data: { metrics: latest, params: pairs(run.params), tags: pairs(run.tags) },
    ...(inputs.length > 0 && { inputs: { dataset_inputs: inputs } }),
    ...(outputs && { outputs: { model_outputs: outputs.map(({ id, step }) => ({ model_id: id, step })) } }),
  };
}

/** Numbers as Python writes them: the protobuf endpoints have strings for NaN and infinity, the bulk endpoint bare words. */
function numberText(value: number, quoted: boolean): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value);
  return quoted ? `"${value}"` : String(value);
}

function pointJson({ timestamp, value, step }: FakePoint, protobuf: boolean, runId?: string): string {
  const run = runId === undefined ? '' : `, "run_id": "${runId}"`;
  return `{"key": "k", "value": ${numberText(value, protobuf)}, "timestamp": ${timestamp}, "step": ${step}${run}}`;
}
