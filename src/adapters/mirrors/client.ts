import type { CarSource } from '../../domain/listing.ts';
import type { MirrorAddress } from '../../domain/mirror.ts';
import { multipartBody } from '../http/multipart.ts';
import { type StreamedBody, sendStreamed } from '../http/stream.ts';
import { type Answer, pause, type Traffic } from '../http/traffic.ts';

export interface MirrorOptions {
  /** A token, or `user:password`; undefined where the mirror asks for none. */
  readonly token: string | undefined;
  /** Whose pins are ours. */
  readonly project: string;
  /** How long an order may take until it is called pending. */
  readonly waitMs: number;
  /** Made of `mirrorPolicy`, one for each mirror. */
  readonly traffic: Traffic;
}

export interface MirrorRequest {
  /** In words that follow "did not". */
  readonly doing: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the mirror's base, with its query. */
  readonly path: string;
  readonly body?: { readonly json: unknown } | { readonly car: CarSource } | undefined;
  /** Where it takes as long as it takes: until this aborts, which is answered with `OUT_OF_TIME`. */
  readonly patience?: AbortSignal | undefined;
  /** Makes another answer of one that does not mean what its status says; what it throws is final. */
  readonly translate?: ((answer: Answer) => Answer) | undefined;
}

/** Speaks to one mirror. */
export interface MirrorClient {
  readonly address: MirrorAddress;
  readonly options: MirrorOptions;
  /** An answer of 2xx. Everything else is an ActionError that names the mirror. */
  ask(request: MirrorRequest): Promise<Answer>;
}

/** Stands for an answer that nobody waited for any longer. */
export const OUT_OF_TIME: Answer = { status: 202, headers: new Headers(), body: '' };

const ANSWER_TIMEOUT_MS = 30_000;

export function createMirrorClient(address: MirrorAddress, options: MirrorOptions): MirrorClient {
  const { traffic } = options;
  return {
    address,
    options,
    ask: async (request) => {
      const answer = await traffic.exchange(request.doing, async (deadline) => {
        const sent = await send({ address, options }, request, deadline);
        return request.translate?.(sent) ?? sent;
      });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw traffic.policy.explain(answer, request.doing);
    },
  };
}

async function send(
  { address, options }: Pick<MirrorClient, 'address' | 'options'>,
  { method, path, body, patience }: MirrorRequest,
  deadline: AbortSignal,
): Promise<Answer> {
  const { contentType, streamed } = bodyOf(body);
  // A CAR takes as long as it takes: a connection on which nothing moves ends by itself.
  const limits = body !== undefined && 'car' in body ? [] : [patience ?? AbortSignal.timeout(ANSWER_TIMEOUT_MS)];
  try {
    return await sendStreamed({
      method,
      url: `${address.url}${path}`,
      headers: {
        accept: 'application/json',
        'user-agent': 'pinata-deploy',
        ...authorization(address, options.token),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(streamed === undefined ? {} : { body: streamed }),
      signal: AbortSignal.any([deadline, ...limits]),
    });
  } catch (error) {
    if (patience?.aborted === true && !deadline.aborted) return OUT_OF_TIME;
    throw error;
  }
}

function authorization({ kind }: MirrorAddress, token: string | undefined): { readonly authorization?: string } {
  if (token === undefined) return {};
  // Kubo and Cluster stand behind user names; the Pinning Services API knows bearer tokens only.
  const isPair = kind !== 'psa' && token.includes(':');
  return { authorization: isPair ? `Basic ${btoa(token)}` : `Bearer ${token}` };
}

function bodyOf(body: MirrorRequest['body']): { readonly contentType?: string; readonly streamed?: StreamedBody } {
  if (body === undefined) return {};
  if ('car' in body) {
    const { bytes, read } = body.car;
    const streamed = multipartBody([], [{ name: 'build.car', bytes, read: () => read(0, bytes) }]);
    return { contentType: streamed.contentType, streamed };
  }
  const bytes = Buffer.from(JSON.stringify(body.json));
  return { contentType: 'application/json', streamed: { bytes: bytes.length, pieces: piecesOf(bytes) } };
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/** Asks again, at growing intervals, until it is settled or the time that an order may take is over. Answers the last one. */
export async function waitWhile<T>(
  { options }: MirrorClient,
  isOpen: (seen: T) => boolean,
  look: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + options.waitMs;
  let ms = FIRST_PAUSE_MS;
  for (let seen = await look(); ; seen = await look()) {
    const left = until - performance.now();
    if (!isOpen(seen) || left <= 0) return seen;
    await pause(Math.min(ms, left), options.traffic.policy.deadline);
    ms = Math.min(ms * 2, LONGEST_PAUSE_MS);
  }
}
