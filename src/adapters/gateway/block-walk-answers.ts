import { hash } from 'node:crypto';
import { type Cid, cidFromDigest, codecOf } from '../../domain/cid.ts';
import { readStart, reasonOf, refusalIn } from './body.ts';
import { type CarEnd, type CarReading, MAX_FRAME_BYTES, readCarStream } from './car-stream.ts';
import { Unreadable } from './unreadable.ts';

/** How a gateway is asked. */
export interface Asking {
  /** Sent as a header, and never to where a redirect leads. */
  readonly key: string | undefined;
  readonly signal: AbortSignal;
  /** For a block, and for each stretch of a CAR. */
  readonly timeoutMs: number;
}

/** Nothing usable came: why, in words that follow the gateway's name, and whether that may pass. */
export interface Refused {
  readonly kind: 'none';
  readonly reason: string;
  readonly passing: boolean;
  /** It has had too many requests. */
  readonly busy: boolean;
}

/** `wrong`: it says that these are the bytes of the block, and they are not. */
export type BlockAnswer = { readonly kind: 'block'; readonly bytes: Uint8Array } | { readonly kind: 'wrong' } | Refused;

/** What hashes to it. */
export function isBlockOf(cid: Cid, bytes: Uint8Array): boolean {
  return cidFromDigest(codecOf(cid), hash('sha256', bytes, 'buffer')) === cid;
}

/** Asks for one block. Never fails. */
export async function askBlock(cid: Cid, url: string, asking: Asking): Promise<BlockAnswer> {
  try {
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(asking.timeoutMs)]);
    const response = await send(url, { ...asking, signal, accept: 'application/vnd.ipld.raw' });
    if (!response.ok) return await refused(response);
    const { bytes, whole } = await readStart(response, MAX_FRAME_BYTES);
    if (whole && isBlockOf(cid, bytes)) return { kind: 'block', bytes };
    const isRaw = response.headers.get('content-type')?.startsWith('application/vnd.ipld.raw') === true;
    if (isRaw && whole && refusalIn(bytes) === undefined) return { kind: 'wrong' };
    return meaningOf(bytes) ?? passing(whole ? `answered with ${noun(response)}` : 'answered without an end');
  } catch (error) {
    return passing(reasonOf(error));
  }
}

export type CarAnswer = { readonly kind: 'car'; readonly end: CarEnd } | Refused;

/** A CAR that comes slower than this is as good as none. */
const LEAST_BYTES_A_STRETCH = 16 * 1024;

/** Asks for a CAR and hands out its frames while they come. Never fails; some may have come where it answers `none`. */
export async function askCar(url: string, asking: Asking, reading: CarReading): Promise<CarAnswer> {
  const end = new AbortController();
  let lately = 0;
  const timer = setInterval(() => {
    if (lately < LEAST_BYTES_A_STRETCH) end.abort(new DOMException('too slow', 'TimeoutError'));
    lately = 0;
  }, asking.timeoutMs);

  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      lately += chunk.length;
      yield chunk;
    }
  }

  try {
    const signal = AbortSignal.any([asking.signal, end.signal]);
    const accept = 'application/vnd.ipld.car; version=1; order=dfs; dups=n';
    const response = await send(url, { ...asking, signal, accept });
    if (!response.ok) return await refused(response);
    const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
    return { kind: 'car', end: await readCarStream(counted(body), reading) };
  } catch (error) {
    return passing(error instanceof Unreadable ? error.message : reasonOf(error));
  } finally {
    clearInterval(timer);
    end.abort();
  }
}

async function send(url: string, { key, signal, accept }: Asking & { readonly accept: string }): Promise<Response> {
  return await fetch(url, {
    signal,
    // A redirect would carry the key to another host.
    redirect: key === undefined ? 'follow' : 'error',
    headers: {
      ...(key === undefined ? {} : { 'x-pinata-gateway-token': key }),
      accept,
      // Compressed, a few bytes could stand for any number.
      'accept-encoding': 'identity',
    },
  });
}

function passing(reason: string): Refused {
  return { kind: 'none', reason, passing: true, busy: false };
}

function final(reason: string): Refused {
  return { kind: 'none', reason, passing: false, busy: false };
}

/** What may pass: what is not there yet, too many requests, and everything that is the gateway's own trouble. */
const PASSING = new Set([404, 408, 410, 429, 500, 502, 503, 504]);

async function refused(response: Response): Promise<Refused> {
  const { bytes } = await readStart(response, 4096).catch(() => ({ bytes: Buffer.alloc(0) }));
  const { status } = response;
  const busy = status === 429 || status === 503;
  return meaningOf(bytes) ?? { kind: 'none', reason: `answered ${status}`, passing: PASSING.has(status), busy };
}

/** What Pinata's gateways mean by a refusal where blocks are asked for; undefined where there is none. */
function meaningOf(body: Buffer): Refused | undefined {
  const refusal = refusalIn(body);
  switch (refusal) {
    case undefined:
      return undefined;
    case '00004':
      return final('says the link is invalid (ERR_ID:00004)');
    case '00006':
      return passing('does not have the content yet, or gives it out under its root only (ERR_ID:00006)');
    case '00023':
      return final('serves pages and files, but no blocks (ERR_ID:00023)');
    case '00024':
      return final('refuses this content or its key (ERR_ID:00024)');
    default:
      return final(`refused it (ERR_ID:${refusal})`);
  }
}

function noun(response: Response): string {
  return response.headers.get('content-type')?.startsWith('text/html') === true ? 'a page, not a block' : 'other bytes';
}
