import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayAnswer } from './gateway-answer.ts';

/** Bytes of known length that can be read from anywhere, with the headers they are served under. */
export interface ServedBytes {
  readonly status: number;
  /** Without Content-Length and Content-Range; holds `Etag`. */
  readonly headers: Readonly<Record<string, string>> & { readonly Etag: string };
  readonly bytes: number;
  /** Reads from `start` to `end` (exclusive). */
  read(range: ByteRange): AsyncIterable<Uint8Array>;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** True when If-None-Match names this tag, weakly or strongly, or any (`*`). */
export function isUnchanged(headers: IncomingHttpHeaders, etag: string): boolean {
  const named = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(etag.replace(/^W\//, ''));
}

/** 304 without a body: the tag and the caching headers stay, what describes a body goes. */
export function unchangedAnswer(headers: Readonly<Record<string, string>>): GatewayAnswer {
  const kept = Object.entries(headers).filter(([name]) => !/^(content-|accept-ranges)/i.test(name));
  return { status: 304, headers: Object.fromEntries(kept), body: undefined };
}

/** Serves all bytes, one range of them (206), nothing (304), or refuses a range beyond the end (416). */
export function answerBytes(
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
  served: ServedBytes,
): GatewayAnswer {
  const headers = { ...served.headers, 'Accept-Ranges': 'bytes' };
  if (isUnchanged(request.headers, served.headers.Etag)) {
    return unchangedAnswer(headers);
  }
  const ranged = request.method === 'GET' && served.status === 200;
  const current = (request.headers['if-range'] ?? served.headers.Etag) === served.headers.Etag;
  const range = ranged && current ? parseRange(request.headers.range ?? '', served.bytes) : undefined;
  if (range === 'beyond-end') {
    return {
      status: 416,
      headers: { 'Content-Range': `bytes */${served.bytes}`, 'Content-Length': '0' },
      body: undefined,
    };
  }
  const { start, end } = range ?? { start: 0, end: served.bytes };
  const part = range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${served.bytes}` };
  return {
    status: range === undefined ? served.status : 206,
    headers: { ...headers, ...part, 'Content-Length': String(end - start) },
    body: served.read({ start, end }),
  };
}

/**
 * A single `bytes=` range, cut to the size. Undefined, which means all, for no range, several ranges or nonsense:
 * HTTP lets a server ignore those.
 */
function parseRange(header: string, bytes: number): ByteRange | 'beyond-end' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) {
    return undefined;
  }
  if (first === '') {
    const start = Math.max(bytes - Number(last), 0);
    return start === bytes ? 'beyond-end' : { start, end: bytes };
  }
  const start = Number(first);
  const end = last === '' ? bytes : Math.min(Number(last) + 1, bytes);
  if (last !== '' && Number(last) < start) {
    return undefined;
  }
  return start >= bytes ? 'beyond-end' : { start, end };
}
