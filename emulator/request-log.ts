import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultAction, HostName } from './faults.ts';

/** One request as `GET /__emulator/requests` shows it. */
export interface LoggedRequest {
  readonly seq: number;
  /** ISO 8601, by the machine's clock. */
  readonly time: string;
  readonly host: HostName;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Credentials are replaced by the label of their key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestBytes: number;
  /** 0 when the connection was cut without an answer. */
  readonly status: number;
  readonly responseBytes: number;
  readonly fault?: FaultAction;
}

/** All requests since the start or the last `clear`, in order of arrival. */
export interface RequestLog {
  list(): readonly LoggedRequest[];
  clear(): void;
  /** Follows one request until its connection is done with it. */
  follow(host: HostName, request: IncomingMessage, response: ServerResponse): { met(fault: FaultAction): void };
}

/** @param labelOf what stands for an Authorization header. */
export function createRequestLog(labelOf: (authorization: string) => string): RequestLog {
  let entries: LoggedRequest[] = [];
  let seq = 0;
  return {
    list: () => entries.toSorted((left, right) => left.seq - right.seq),
    clear: () => {
      entries = [];
    },
    follow: (host, request, response) => {
      seq += 1;
      const number = seq;
      const time = new Date().toISOString();
      const requestBytes = countRequestBytes(request);
      const responseBytes = countResponseBytes(response);
      let fault: FaultAction | undefined;
      response.once('close', () => {
        entries.push({
          seq: number,
          time,
          host,
          method: request.method ?? '',
          path: request.url ?? '',
          headers: publicHeaders(request, labelOf),
          requestBytes: requestBytes(),
          status: response.headersSent ? response.statusCode : 0,
          responseBytes: responseBytes(),
          ...(fault === undefined ? {} : { fault }),
        });
      });
      return {
        met: (action) => {
          fault = action;
        },
      };
    },
  };
}

const secretHeaders = new Set(['pinata_api_key', 'pinata_secret_api_key', 'x-pinata-gateway-token']);

function publicHeaders(request: IncomingMessage, labelOf: (authorization: string) => string): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    if (name === 'authorization') shown[name] = `<key: ${labelOf(text)}>`;
    else shown[name] = secretHeaders.has(name) ? '<secret>' : text;
  }
  return shown;
}

/** Counts at `push`, where the parser hands bytes over: a listener would start the stream. */
function countRequestBytes(request: IncomingMessage): () => number {
  let bytes = 0;
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) bytes += chunk.byteLength;
    return push(chunk, encoding);
  };
  return () => bytes;
}

function countResponseBytes(response: ServerResponse): () => number {
  const socket = response.socket;
  const before = socket?.bytesWritten ?? 0;
  return () => (socket?.bytesWritten ?? before) - before;
}
