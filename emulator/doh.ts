import { buffer } from 'node:stream/consumers';
import { Packet } from 'dns2';
import type { Answer } from './answer.ts';
import type { Backend } from './backend.ts';
import { lookUp, renderPacket } from './dns.ts';
import type { ZoneAnswer } from './dns-zone-answer.ts';
import type { Call } from './route.ts';

const mediaType = 'application/dns-message';

interface Kept {
  readonly answer: ZoneAnswer;
  /** Milliseconds of the emulator's clock. */
  readonly at: number;
  readonly until: number;
}

/**
 * A resolver that speaks DNS over HTTPS (RFC 8484), by GET and POST. It keeps answers for as long as the knob says, so it may
 * tell what is no longer so; the emulator's clock makes them old.
 */
export function createDohResolver(backend: Backend): (call: Omit<Call, 'params'>) => Promise<Answer> {
  const kept = new Map<string, Kept>();
  const resolve = (request: Packet): Packet => {
    const now = backend.clock.now().getTime();
    const [question] = request.questions;
    const key = `${question?.type ?? 0} ${question?.name.toLowerCase() ?? ''}`;
    const known = kept.get(key);
    const fresh = known !== undefined && now >= known.at && now < known.until ? known : ask(request, now);
    kept.set(key, fresh);
    return renderPacket(request, withTtl(fresh.answer, Math.ceil((fresh.until - now) / 1000)), 'resolver');
  };
  const ask = (request: Packet, now: number): Kept => {
    const answer = lookUp(request, backend);
    // Nobody else can be asked: what is not in the account's zones is not there.
    const resolved = answer.rcode === Packet.RCODE.REFUSED ? { ...answer, rcode: Packet.RCODE.NXDOMAIN } : answer;
    return { answer: resolved, at: now, until: now + backend.knobs.dnsTtl * 1000 };
  };
  return async (call) => {
    if (call.url.pathname !== '/dns-query') return refuse(404, 'Ask /dns-query');
    const message = await readMessage(call);
    if (!Buffer.isBuffer(message)) return message;
    const request = tryParse(message);
    if (request?.questions.length !== 1) return refuse(400, 'This is no DNS query');
    const response = resolve(request);
    const ttls = [...response.answers, ...response.authorities].map(({ ttl }) => ttl);
    return {
      status: 200,
      headers: { 'Content-Type': mediaType, 'Cache-Control': `max-age=${Math.min(...ttls, 86_400)}` },
      body: response.toBuffer(),
    };
  };
}

/** The answer with what is left of its time as the TTL of everything in it. */
function withTtl({ rcode, answers, soa }: ZoneAnswer, ttl: number): ZoneAnswer {
  return {
    rcode,
    answers: answers.map((record) => ({ ...record, ttl })),
    soa: soa === undefined ? undefined : { ...soa, ttl },
  };
}

async function readMessage({ method, url, headers, body }: Omit<Call, 'params'>): Promise<Buffer | Answer> {
  if (method === 'GET') {
    const dns = url.searchParams.get('dns') ?? '';
    return /^[\w-]+$/.test(dns) ? Buffer.from(dns, 'base64url') : refuse(400, 'dns is base64url without padding');
  }
  if (method !== 'POST') return refuse(405, 'Ask by GET or POST');
  return headers['content-type'] === mediaType ? await buffer(body) : refuse(415, `Send ${mediaType}`);
}

function tryParse(message: Buffer): Packet | undefined {
  try {
    const packet = Packet.parse(message);
    return packet.header.qr === 0 && packet.errors.length === 0 ? packet : undefined;
  } catch {
    return undefined;
  }
}

function refuse(status: number, body: string): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}
