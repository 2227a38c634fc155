import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import busboy from 'busboy';
import { addressOf, closeServer, listenInRow } from '../listen.ts';

/** One of the small services that keep copies of content, on a port of its own. */
export interface MirrorServer extends AsyncDisposable {
  readonly url: string;
  /** `POST /pins` and so on, with their queries, in order of arrival. */
  readonly seen: readonly string[];
}

/** A request to such a service. */
export interface MirrorCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type Serve = (call: MirrorCall) => Promise<void>;

/** Starts a service on a free port of this machine, or on `port`. */
export async function startMirrorServer(serve: Serve, port = 0): Promise<MirrorServer> {
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? '';
    seen.push(`${method} ${request.url ?? ''}`);
    serve({ method, path: url.pathname, query: url.searchParams, request, response }).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  };
  const [server] = await listenInRow(port, [listener]);
  if (server === undefined) throw new Error('No server was started');
  return { url: addressOf(server), seen, [Symbol.asyncDispose]: () => closeServer(server) };
}

/** Answers JSON, or a text that is none. */
export async function respond({ request, response }: MirrorCall, status: number, body: unknown): Promise<void> {
  // What is still on its way is read first: many clients see a reset otherwise.
  if (!request.complete) await new Promise((resolve) => request.resume().once('end', resolve).once('close', resolve));
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
  response.end(text);
}

/** The bytes of the first file in a multipart body, as they come. */
export function firstFile(request: IncomingMessage): Promise<AsyncIterable<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const parser = busboy({ headers: request.headers });
    parser.once('file', (_name, file) => resolve(file));
    parser.once('error', reject).once('close', () => reject(new Error('The body has no file')));
    request.pipe(parser);
  });
}

export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
