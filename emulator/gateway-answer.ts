import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One HTTP answer, not sent yet. A body of known size carries its Content-Length in `headers`. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** Ends a request with a status and one line of text. */
export class GatewayRefusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.name = 'GatewayRefusal';
    this.status = status;
  }
}

const ON_EVERY_ANSWER = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers': 'Accept, Content-Type, If-None-Match, Range, x-pinata-gateway-token',
  'Access-Control-Expose-Headers':
    'Accept-Ranges, Content-Length, Content-Range, Etag, Location, X-Ipfs-Path, X-Ipfs-Roots',
  'X-Content-Type-Options': 'nosniff',
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function textAnswer(status: number, text: string, contentType = 'text/plain; charset=utf-8'): GatewayAnswer {
  const bytes = Buffer.from(text);
  const headers = { 'Content-Type': contentType, 'Content-Length': String(bytes.byteLength) };
  return { status, headers, body: once(bytes) };
}

export function redirectAnswer(status: number, location: string): GatewayAnswer {
  return { status, headers: { Location: location, 'Content-Length': '0' }, body: undefined };
}

/** The Content-Disposition of a file offered under a name, with the UTF-8 form where ASCII is not enough. */
export function contentDisposition(kind: 'inline' | 'attachment', filename: string): string {
  const ascii = filename.replaceAll(/[^\x20-\x7e]/g, '_').replaceAll(/["\\]/g, '_');
  const extended = ascii === filename ? '' : `; filename*=UTF-8''${encodeURIComponent(filename)}`;
  return `${kind}; filename="${ascii}"${extended}`;
}

/**
 * Spoils a body at its end, so that a client which checks only the first bytes is caught too.
 * `wrong-bytes` flips the last byte; `truncate` drops half of the last chunk and cuts the connection.
 */
export function spoilBody(answer: GatewayAnswer, lie: 'wrong-bytes' | 'truncate'): GatewayAnswer {
  return answer.body === undefined ? answer : { ...answer, body: spoil(answer.body, lie) };
}

async function* spoil(body: AsyncIterable<Uint8Array>, lie: 'wrong-bytes' | 'truncate'): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of body) {
    if (last !== undefined) {
      yield last;
    }
    last = chunk.byteLength > 0 ? chunk : last;
  }
  if (last === undefined) {
    return;
  }
  if (lie === 'truncate') {
    yield last.subarray(0, last.byteLength >> 1);
    throw new Error('The gateway was told to cut this answer.');
  }
  const flipped = Uint8Array.from(last);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  yield flipped;
}

/** Writes the answer; a body that fails on the way cuts the connection, since the status is out already. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: GatewayAnswer,
): Promise<void> {
  response.writeHead(answer.status, { ...ON_EVERY_ANSWER, ...answer.headers });
  if (request.method === 'HEAD' || answer.body === undefined) {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(answer.body, { objectMode: false }), response);
  } catch {
    response.destroy();
  }
}
