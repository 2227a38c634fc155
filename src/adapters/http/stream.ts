import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { ActionError } from '../../domain/errors.ts';
import { type Answer, MAX_ANSWER_BYTES } from './traffic.ts';

/** A body of known length that is made while it is sent. A piece is not read again once it is on its way. */
export interface StreamedBody {
  readonly bytes: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export interface StreamedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: StreamedBody;
  readonly signal: AbortSignal;
  readonly onSent?: (bytes: number) => void;
}

/** A connection on which nothing moves for this long is dead. */
const IDLE_TIMEOUT_MS = 120_000;

/**
 * Sends one request, piece by piece, and reads the answer. Node's `fetch` keeps several times the body in memory
 * (bench/upload); this keeps one piece.
 * @throws what broke the connection, or the error that `pieces` threw.
 */
export async function sendStreamed(request: StreamedRequest): Promise<Answer> {
  request.signal.throwIfAborted();
  const url = new URL(request.url);
  const open = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = request.body === undefined ? {} : { 'content-length': String(request.body.bytes) };
  const outgoing = open(url, {
    method: request.method,
    headers: { ...request.headers, ...length },
    signal: request.signal,
  });
  outgoing.setTimeout(IDLE_TIMEOUT_MS, () =>
    outgoing.destroy(new Error(`no byte moved for ${IDLE_TIMEOUT_MS / 1000} s`)),
  );
  const answer = receive(outgoing);
  try {
    // An answer may come before the body is sent: then the rest is not wanted.
    await Promise.race([writeBody(outgoing, request), answer]);
  } catch (error) {
    answer.catch(() => {});
    outgoing.destroy();
    throw error;
  }
  const received = await answer;
  if (!outgoing.writableFinished) outgoing.destroy();
  return received;
}

async function writeBody(outgoing: ClientRequest, { body, onSent }: StreamedRequest): Promise<void> {
  let sent = 0;
  for await (const piece of body?.pieces ?? []) {
    await new Promise<void>((resolve, reject) => {
      outgoing.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    sent += piece.length;
    onSent?.(sent);
  }
  outgoing.end();
}

function receive(outgoing: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      collect(incoming).then(resolve, reject);
    });
  });
}

async function collect(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new ActionError('network', `An answer was larger than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const headers = new Headers();
  // A stream that breaks after its status was sent says so in a trailer.
  for (const [name, value] of Object.entries({ ...incoming.trailers, ...incoming.headers })) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') };
}
