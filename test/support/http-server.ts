import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that ends with the block. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Method, path and headers of every request, in order of arrival. */
  readonly seen: readonly SeenRequest[];
}

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers the nth request with the nth entry, and the last one from then on. */
export async function scriptedServer(...script: readonly ((response: ServerResponse) => void)[]): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const answer = script[Math.min(seen.length, script.length - 1)];
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => answer?.(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer with a status, a body and headers. */
export function answer(
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

/** No answer: the connection is cut. */
export function cut(response: ServerResponse): void {
  response.destroy();
}

/** A URL on this machine where nobody listens. */
export async function closedUrl(): Promise<string> {
  await using server = await scriptedServer();
  return server.url;
}
