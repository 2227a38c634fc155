import { Resolver } from 'node:dns/promises';
import { createConnection } from 'node:net';
import { decode, encode, streamDecode, streamEncode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import type { Controls } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import type { AnyEmulator } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

interface Envelope {
  readonly status: number;
  readonly success: boolean;
  readonly result: unknown;
  readonly codes: readonly number[];
}

async function call(
  to: AnyEmulator,
  method: string,
  path: string,
  { body, token = to.cloudflareToken }: { readonly body?: unknown; readonly token?: string } = {},
): Promise<Envelope> {
  const response = await fetch(`${to.cloudflareUrl}${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { success, result, errors } = (await response.json()) as {
    success: boolean;
    result: unknown;
    errors: readonly { code: number; error_chain?: readonly { code: number }[] }[];
  };
  const codes = errors.flatMap(({ code, error_chain = [] }) => [code, ...error_chain.map((inner) => inner.code)]);
  return { status: response.status, success, result, codes };
}

const ZONE = 'example.com';
const NAME = `_dnslink.${ZONE}`;
const txt = (content: string, name = '_dnslink'): { name: string; content: string } => ({ name, content });

async function zone(
  to: Controls,
  ...records: readonly { name: string; content: string; type?: 'CNAME' }[]
): Promise<string> {
  return `/zones/${(await to.dnsZone({ zone: ZONE, records: [...records] })).zoneId}`;
}

function resolverOf({ dnsPort }: AnyEmulator): Resolver {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${dnsPort}`]);
  return resolver;
}

describe('the DNS server', () => {
  it('answers TXT records to a stub resolver, each string by itself', async () => {
    await zone(emulator, txt('"dnslink=/ipfs/" "abc"'), txt('v=spf1 -all', '@'), txt('x'.repeat(300), 'long'));
    const resolver = resolverOf(emulator);
    expect(await resolver.resolveTxt(NAME)).toEqual([['dnslink=/ipfs/', 'abc']]);
    expect(await resolver.resolveTxt(ZONE)).toEqual([['v=spf1 -all']]);
    // It does not fit into one datagram.
    await zone(emulator, ...[1, 2, 3].map((number) => txt(`${number}${'x'.repeat(250)}`, 'long')));
    expect(await resolver.resolveTxt(`long.${ZONE}`)).toHaveLength(3);
  });

  it('follows an alias within the zones, and tells one that leads out of them', async () => {
    await zone(
      emulator,
      { type: 'CNAME', name: '_dnslink', content: 'target.example.com' },
      txt('dnslink=/ipfs/abc', 'target'),
      { type: 'CNAME', name: 'away', content: 'elsewhere.example' },
    );
    const resolver = resolverOf(emulator);
    expect(await resolver.resolveTxt(NAME)).toEqual([['dnslink=/ipfs/abc']]);
    expect(await resolver.resolveCname(`away.${ZONE}`)).toEqual(['elsewhere.example']);
  });

  it('tells what is not there from what has no such record, and refuses other people’s zones', async () => {
    await zone(emulator, txt('x', 'a.b'));
    const codeOf = async (name: string): Promise<unknown> =>
      await resolverOf(emulator)
        .resolveTxt(name)
        .catch((error: unknown) => (error as { code: string }).code);
    expect(await codeOf(`nothing.${ZONE}`)).toBe('ENOTFOUND');
    expect(await codeOf(`b.${ZONE}`)).toBe('ENODATA');
    expect(await codeOf('elsewhere.example')).toBe('EREFUSED');
    await emulator.dnsZone({ zone: 'pending.example', status: 'pending' });
    expect(await codeOf('pending.example')).toBe('EREFUSED');
  });

  it('speaks TCP, several questions to a connection', async () => {
    await zone(emulator, txt('dnslink=/ipfs/abc'));
    const query = (id: number): Buffer => streamEncode({ type: 'query', id, questions: [{ type: 'TXT', name: NAME }] });
    const socket = createConnection({ port: emulator.dnsPort, host: '127.0.0.1' });
    socket.end(Buffer.concat([query(1), query(2)]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const all = Buffer.concat(chunks);
    const first = all.readUInt16BE(0) + 2;
    expect([streamDecode(all).id, streamDecode(all.subarray(first)).id]).toEqual([1, 2]);
  });

  it('is on the same port with the same zones after a restart', async () => {
    await zone(emulator, txt('dnslink=/ipfs/abc'));
    await emulator.restart({ signal: 'SIGKILL' });
    expect(await resolverOf(emulator).resolveTxt(NAME)).toEqual([['dnslink=/ipfs/abc']]);
    const { dns } = await emulator.state();
    expect(dns.records).toMatchObject([{ type: 'TXT', name: NAME, content: 'dnslink=/ipfs/abc', ttl: 120 }]);
    expect((await call(emulator, 'GET', '/zones')).success).toBe(true);
  });
});

describe('a resolver', () => {
  interface Told {
    readonly value: string | undefined;
    readonly ttl: number | undefined;
  }

  const query = encode({ type: 'query', id: 0, flags: 256, questions: [{ type: 'TXT', name: NAME }] });

  async function ask(url = ''): Promise<Told> {
    const response = await fetch(`${url}?dns=${query.toString('base64url')}`);
    const { answers = [] } = decode(Buffer.from(await response.arrayBuffer()));
    const [answer] = answers;
    return answer?.type === 'TXT'
      ? { value: String(answer.data), ttl: answer.ttl }
      : { value: undefined, ttl: undefined };
  }

  const fresh = async (knobs: Partial<Knobs>): Promise<AnyEmulator> => await emulatorFor(knobs);

  it('answers GET and POST in the wire format', async () => {
    await zone(emulator, txt('dnslink=/ipfs/abc'));
    const [url = ''] = emulator.dohUrls;
    expect(await ask(url)).toEqual({ value: 'dnslink=/ipfs/abc', ttl: 0 });
    const headers = { 'content-type': 'application/dns-message' };
    const posted = await fetch(url, { method: 'POST', headers, body: new Uint8Array(query) });
    expect([posted.status, posted.headers.get('content-type')]).toEqual([200, 'application/dns-message']);
  });

  it.each([
    ['?dns=not+base64', 400],
    ['?dns=aGVsbG8', 400],
    ['', 400],
  ])('refuses %j with %i', async (search, status) => {
    expect((await fetch(`${emulator.dohUrls[0]}${search}`)).status).toBe(status);
  });

  it('keeps what it was told for its TTL, each by itself, and by the clock of the emulator', async () => {
    const own = await fresh({ dnsTtl: 60 });
    const [first, second] = own.dohUrls;
    await zone(own, txt('dnslink=/ipfs/old'));
    expect(await ask(first)).toEqual({ value: 'dnslink=/ipfs/old', ttl: 60 });
    await zone(own, txt('dnslink=/ipfs/new'));
    await own.clock({ advanceMs: 20_000 });
    expect(await ask(first)).toEqual({ value: 'dnslink=/ipfs/old', ttl: 40 });
    expect(await ask(second)).toEqual({ value: 'dnslink=/ipfs/new', ttl: 60 });
    await own.clock({ advanceMs: 40_000 });
    expect(await ask(first)).toEqual({ value: 'dnslink=/ipfs/new', ttl: 60 });
  });

  it('keeps that there is nothing, too', async () => {
    const own = await fresh({ dnsTtl: 60 });
    await zone(own);
    expect((await ask(own.dohUrls[0])).value).toBeUndefined();
    await zone(own, txt('dnslink=/ipfs/new'));
    expect((await ask(own.dohUrls[0])).value).toBeUndefined();
    expect(await ask(own.dohUrls[1])).toEqual({ value: 'dnslink=/ipfs/new', ttl: 60 });
  });

  it('is in the request log under a name of its own, and meets faults', async () => {
    await zone(emulator, txt('x'));
    await emulator.fault({ match: { host: 'doh2' }, action: { status: 503, body: 'later' } });
    const [first = '', second = ''] = emulator.dohUrls;
    const search = `?dns=${query.toString('base64url')}`;
    const statuses = [await fetch(first + search), await fetch(second + search)].map(({ status }) => status);
    expect(statuses).toEqual([200, 503]);
    expect((await emulator.requests()).map(({ host }) => host)).toEqual(['doh1', 'doh2']);
  });
});

describe('the records at Cloudflare', () => {
  it('are made, listed by name and type, changed in what is given, and removed', async () => {
    const at = `${await zone(emulator, txt('v=spf1 -all', '@'))}/dns_records`;
    const body = { type: 'TXT', name: NAME, content: '"dnslink=/ipfs/a"', ttl: 120, comment: 'mine', tags: ['a:b'] };
    const made = await call(emulator, 'POST', at, { body });
    expect(made).toMatchObject({ status: 200, success: true, result: { ...body, proxied: false } });
    const { id } = made.result as { id: string };
    const listed = await call(emulator, 'GET', `${at}?name=${NAME}&type=TXT`);
    expect(listed.result).toEqual([made.result]);
    expect((await call(emulator, 'GET', `${at}?type=CNAME`)).result).toEqual([]);
    const changed = await call(emulator, 'PATCH', `${at}/${id}`, { body: { content: 'dnslink=/ipfs/b' } });
    expect(changed.result).toMatchObject({ ...body, content: 'dnslink=/ipfs/b' });
    expect(await call(emulator, 'DELETE', `${at}/${id}`)).toMatchObject({ success: true, result: { id } });
    expect(await call(emulator, 'PATCH', `${at}/${id}`, { body: { ttl: 60 } })).toMatchObject({
      status: 404,
      codes: [81_044],
    });
  });

  it('get the zone’s name behind a name that is not in it', async () => {
    const at = `${await zone(emulator)}/dns_records`;
    const made = await call(emulator, 'POST', at, { body: { type: 'TXT', name: '_dnslink.a.example', content: 'x' } });
    expect(made.result).toMatchObject({ name: '_dnslink.a.example.example.com', ttl: 1 });
  });

  it.each([
    [{ type: 'TXT', name: '_dnslink', content: 'here' }, 81_058],
    [{ type: 'TXT', name: '_dnslink', content: '"here"' }, 81_058],
    [{ type: 'TXT', name: 'alias', content: 'x' }, 81_054],
    [{ type: 'TXT', name: 'a', content: '"broken' }, 1004],
    [{ type: 'TXT', name: 'a', content: 'x', ttl: 5 }, 9021],
    [{ type: 'SRV', name: 'a', content: 'x' }, 9207],
    [{ type: 'TXT', name: 'a' }, 9207],
  ])('are refused when they are %j', async (body, code) => {
    const at = `${await zone(emulator, txt('here'), { type: 'CNAME', name: 'alias', content: 'b.example' })}/dns_records`;
    const refused = await call(emulator, 'POST', at, { body });
    expect([refused.status, refused.success, refused.codes[0]]).toEqual([400, false, code]);
  });

  it('are shown in quotes or without, by the knob', async () => {
    for (const [txtQuotes, shown] of [
      ['as-sent', ['bare', '"quoted"']],
      ['on', ['"bare"', '"quoted"']],
      ['off', ['bare', 'quoted']],
    ] as const) {
      const own = await emulatorFor({ txtQuotes });
      const at = `${await zone(own, txt('bare', 'a'), txt('"quoted"', 'b'))}/dns_records`;
      const { result } = await call(own, 'GET', at);
      expect((result as { content: string }[]).map(({ content }) => content)).toEqual(shown);
    }
  });

  it('come in pages', async () => {
    const at = `${await zone(emulator, txt('1', 'a'), txt('2', 'a'), txt('3', 'a'))}/dns_records`;
    const page = await call(emulator, 'GET', `${at}?per_page=2&page=2`);
    expect((page.result as { content: string }[]).map(({ content }) => content)).toEqual(['3']);
  });
});

describe('a token of Cloudflare', () => {
  it('is asked for, in the right form, and must be known', async () => {
    expect(await call(emulator, 'GET', '/zones', { token: '' })).toMatchObject({ status: 400, codes: [9106] });
    expect(await call(emulator, 'GET', '/zones', { token: 'short' })).toMatchObject({
      status: 400,
      codes: [6003, 6111],
    });
    const unknown = 'x'.repeat(40);
    expect(await call(emulator, 'GET', '/zones', { token: unknown })).toMatchObject({ status: 403, codes: [9109] });
    expect(await call(emulator, 'GET', '/user/tokens/verify', { token: unknown })).toMatchObject({
      status: 401,
      codes: [1000],
    });
    expect((await call(emulator, 'GET', '/user/tokens/verify')).success).toBe(true);
  });

  it('sees the zones that it is for, and edits with the permission only', async () => {
    const at = await zone(emulator, txt('x'));
    const reader = await emulator.addDnsToken({ permissions: ['zone:read', 'dns:read'] });
    const editor = await emulator.addDnsToken({ permissions: ['dns:edit'] });
    const stranger = await emulator.addDnsToken({ permissions: ['zone:read', 'dns:edit'], zones: ['b.example'] });
    const named = `/zones?name=${ZONE}`;
    expect((await call(emulator, 'GET', named, { token: reader })).result).toMatchObject([
      { name: ZONE, status: 'active' },
    ]);
    for (const token of [editor, stranger]) expect((await call(emulator, 'GET', named, { token })).result).toEqual([]);
    const body = { type: 'TXT', name: 'new', content: 'x' };
    const forbidden = { status: 403, codes: [10_000] };
    expect(await call(emulator, 'POST', `${at}/dns_records`, { token: reader, body })).toMatchObject(forbidden);
    expect(await call(emulator, 'GET', `${at}/dns_records`, { token: stranger })).toMatchObject(forbidden);
    expect((await call(emulator, 'POST', `${at}/dns_records`, { token: editor, body })).success).toBe(true);
    expect(await call(emulator, 'GET', at, { token: editor })).toMatchObject({ status: 403, codes: [9109] });
    expect((await call(emulator, 'GET', at)).result).toMatchObject({ name: ZONE });
  });

  it('finds no zone under an id that is none, and no route that is none', async () => {
    for (const id of ['example.com', 'f'.repeat(32)]) {
      expect(await call(emulator, 'GET', `/zones/${id}/dns_records`)).toMatchObject({
        status: 404,
        codes: [7003, 7000],
      });
    }
    expect(await call(emulator, 'GET', '/accounts')).toMatchObject({ status: 404, codes: [7000] });
  });

  it('stands in the request log under a name', async () => {
    await call(emulator, 'GET', '/zones');
    const [request] = await emulator.requests({ host: 'cloudflare' });
    expect(request?.headers.authorization).toBe('<key: cloudflare>');
    expect(JSON.stringify(request)).not.toContain(emulator.cloudflareToken);
  });
});
