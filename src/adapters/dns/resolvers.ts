import { type DecodedPacket, type Answer as DnsAnswer, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { readDnslink } from '../../domain/names.ts';
import type { ResolverAnswer, Resolvers } from '../../ports.ts';

export interface ResolverOptions {
  /** Addresses that speak RFC 8484; the template's `{?dns}` may stand at their end. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 64 * 1024;
const MEDIA_TYPE = 'application/dns-message';
const MAX_ALIASES = 16;
const [NO_ERROR, NAME_ERROR] = [0, 3];
const RCODES: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 4: 'NOTIMP', 5: 'REFUSED' };

/** Resolvers of the world, asked by DNS over HTTPS for what `_dnslink.<domain>` says. */
export function createResolvers({ urls, timeoutMs }: ResolverOptions): Resolvers {
  return { read: (domain) => Promise.all(urls.map((url) => read({ url, domain, timeoutMs }))) };
}

interface Question {
  readonly url: string;
  readonly domain: string;
  readonly timeoutMs: number;
}

async function read(question: Question): Promise<ResolverAnswer> {
  const resolver = URL.canParse(question.url) ? new URL(question.url).host : question.url;
  try {
    return { resolver, ...judge(await ask(question), `_dnslink.${question.domain}`) };
  } catch (error) {
    return { resolver, target: undefined, ttl: 0, trouble: troubleOf(error) };
  }
}

/** Why there is no answer, in words that follow the resolver's name. */
class NoAnswer extends Error {}

async function ask({ url, domain, timeoutMs }: Question): Promise<DecodedPacket> {
  const response = await fetch(addressOf(url, domain), {
    headers: { accept: MEDIA_TYPE },
    // Who redirects is not the resolver that was chosen.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !type.startsWith(MEDIA_TYPE)) {
    await response.body?.cancel();
    throw new NoAnswer(response.status === 200 ? 'answered something that is not DNS' : `answered ${response.status}`);
  }
  const body = await readBody(response);
  const packet = tryDecode(body);
  if (packet?.type !== 'response') throw new NoAnswer('answered something that is not DNS');
  return packet;
}

/** Its id is 0, so that the answer can be kept under its address. */
function addressOf(url: string, domain: string): URL {
  const packet = encode({
    type: 'query',
    id: 0,
    flags: RECURSION_DESIRED,
    questions: [{ type: 'TXT', name: `_dnslink.${domain}` }],
  });
  const address = new URL(url.replace(/\{\?dns\}$/, ''));
  address.searchParams.set('dns', packet.toString('base64url'));
  return address;
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new NoAnswer(`answered more than ${MAX_ANSWER_BYTES / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tryDecode(body: Buffer): DecodedPacket | undefined {
  try {
    return decode(body);
  } catch {
    return undefined;
  }
}

type Judged = Omit<ResolverAnswer, 'resolver'>;

function judge(packet: DecodedPacket, name: string): Judged {
  const rcode = (packet.flags ?? 0) & 0xf;
  if (rcode === NAME_ERROR) return { target: undefined, ttl: negativeTtl(packet), trouble: undefined };
  if (rcode !== NO_ERROR) throw new NoAnswer(`answered ${RCODES[rcode] ?? `the error ${rcode}`}`);
  const { values, ttl } = valuesAt(packet.answers ?? [], name);
  const reading = readDnslink(values);
  switch (reading.kind) {
    case 'target':
      return { target: reading.target, ttl, trouble: undefined };
    case 'none':
      return { target: undefined, ttl: values.length === 0 ? negativeTtl(packet) : ttl, trouble: undefined };
    case 'unclear':
      return { target: undefined, ttl, trouble: reading.trouble };
  }
}

interface Values {
  readonly values: readonly string[];
  /** Seconds: of whatever of it lasts shortest. */
  readonly ttl: number;
}

/** The TXT values of a name, by way of its aliases as far as the answer holds them. */
function valuesAt(answers: readonly DnsAnswer[], name: string): Values {
  let owner = canonical(name);
  const ttls: number[] = [];
  for (let steps = 0; steps < MAX_ALIASES; steps += 1) {
    const alias = answers.find((answer) => answer.type === 'CNAME' && canonical(answer.name) === owner);
    if (alias?.type !== 'CNAME') break;
    ttls.push(alias.ttl ?? 0);
    owner = canonical(alias.data);
  }
  const values: string[] = [];
  for (const answer of answers) {
    if (answer.type !== 'TXT' || canonical(answer.name) !== owner) continue;
    ttls.push(answer.ttl ?? 0);
    values.push(joined(answer.data));
  }
  return { values, ttl: Math.min(...ttls, MAX_TTL) };
}

/** A week: nobody keeps an answer longer. */
const MAX_TTL = 604_800;

/** A record's value may be cut into strings of 255 bytes. */
function joined(strings: string | Buffer | (string | Buffer)[]): string {
  return [strings].flat().map(String).join('');
}

/** RFC 2308: how long it may be kept that there is nothing. */
function negativeTtl({ authorities = [] }: DecodedPacket): number {
  const soa = authorities.find((answer) => answer.type === 'SOA');
  return soa?.type === 'SOA' ? Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0, MAX_TTL) : 0;
}

/** Names of DNS have no case. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function troubleOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'did not answer in time';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return `could not be reached${code}`;
}
