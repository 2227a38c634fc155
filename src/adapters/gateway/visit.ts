import { isTimeout, readStart, reasonOf } from './body.ts';

export interface VisitOrder {
  readonly url: string;
  /** Sent as a header, and never to where a redirect leads. */
  readonly key: string | undefined;
  readonly timeoutMs: number;
}

/** What came back for a URL; of a body only the start. */
export interface Answer {
  readonly kind: 'answer';
  /** Where it came from, after all redirects. */
  readonly url: string;
  readonly status: number;
  readonly body: Buffer;
  /** As announced; undefined where it was not. */
  readonly announcedBytes: number | undefined;
  /** It has seen no key, so what it says can be repeated anywhere. */
  readonly quotable: boolean;
  /** Until the body began, or the answer was over without one. */
  readonly firstByteMs: number;
}

/** Nothing came back, or not enough to judge. */
export interface NoAnswer {
  readonly kind: 'none';
  readonly reason: string;
  readonly status: number | undefined;
  readonly firstByteMs: number | undefined;
}

/** Of a larger file only the announced length is compared: a link is proven by opening it, not by downloading it. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Opens a URL as a browser does. Never fails. */
export async function visit({ url, key, timeoutMs }: VisitOrder): Promise<Answer | NoAnswer> {
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  let response: Response | undefined;
  let firstByteMs: number | undefined;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      // A redirect would carry the key to another host.
      redirect: key === undefined ? 'follow' : 'manual',
      headers: { 'accept-encoding': 'identity', ...(key === undefined ? {} : { 'x-pinata-gateway-token': key }) },
    });
    const { bytes } = await readStart(response, MAX_BODY_BYTES, () => {
      firstByteMs = elapsed();
    });
    const announced = response.headers.get('content-length');
    return {
      kind: 'answer',
      url: response.url === '' ? url : response.url,
      status: response.status,
      body: bytes,
      announcedBytes: announced === null ? undefined : Number(announced),
      quotable: key === undefined,
      firstByteMs: firstByteMs ?? elapsed(),
    };
  } catch (error) {
    const cut = isTimeout(error) ? 'did not end its answer in time' : 'broke off in the middle of its answer';
    const reason = response === undefined ? reasonOf(error) : cut;
    return { kind: 'none', reason, status: response?.status, firstByteMs };
  }
}
