import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An S3 server of one bucket, as far as listing and reading go, that can be told to misbehave. */
export class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  /** Method and URL of each request, with its Range and If-Match. */
  readonly requests: string[] = [];
  pageSize = 1000;
  /** After how many bytes of the answer to the nth request for an object the connection is cut; undefined for never. */
  cutAfter: (request: number) => number | undefined = () => undefined;
  /** Answers something else; true when it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  /** Takes part in the objects' versions. */
  generation = 0;
  readonly #server: Server;
  #reads = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-match': ifMatch } = request.headers;
    this.requests.push([request.method, request.url, range, ifMatch].filter((part) => part !== undefined).join(' '));
    if (this.intercept(request, response)) return;
    const url = new URL(request.url ?? '', 'http://localhost');
    const [, bucket = '', ...key] = url.pathname.split('/');
    if (bucket !== 'bucket') refuse(response, 404, 'NoSuchBucket');
    else if (url.searchParams.has('list-type')) this.#list(url.searchParams, response);
    else this.#read(decodeURIComponent(key.join('/')), request, response);
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? ''));
    keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const from = Number(query.get('continuation-token') ?? 0);
    const page = keys.slice(from, from + this.pageSize);
    const more = from + this.pageSize < keys.length;
    const contents = page.map((key) => {
      const name = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
      return `<Contents><Key>${name}</Key><Size>${this.objects.get(key)?.length}</Size></Contents>`;
    });
    const next = more ? `<NextContinuationToken>${from + this.pageSize}</NextContinuationToken>` : '';
    response.setHeader('content-type', 'application/xml');
    response.end(
      `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    );
  }

  #read(key: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = this.objects.get(key);
    const version = `"${this.generation}-${bytes?.length}"`;
    if (bytes === undefined) refuse(response, 404, 'NoSuchKey');
    else if ((request.headers['if-match'] ?? version) !== version) refuse(response, 412, 'PreconditionFailed');
    else this.#send(bytes, version, request, response);
  }

  #send(bytes: Buffer, version: string, request: IncomingMessage, response: ServerResponse): void {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(from > 0 ? 206 : 200, { etag: version, 'content-length': bytes.length - from });
    const cut = this.cutAfter(this.#reads++);
    if (cut === undefined) response.end(bytes.subarray(from));
    else response.write(bytes.subarray(from, from + cut), () => response.socket?.destroy());
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>No secret here.</Message></Error>`);
}
