import { beforeEach, describe, expect, it } from 'vitest';
import { explainCloudflare } from '../../src/adapters/cloudflare/errors.ts';
import { createCloudflareZones } from '../../src/adapters/cloudflare/zones.ts';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { DnsZones } from '../../src/ports.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import type { AnyEmulator } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();
const path = '/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
const OLD = '/ipfs/bafybeibj6lixxzqtsb45ysdjnupvqkufgdvzqbnvmhw2kf7cfkesy7r7d4';
const NAME = '_dnslink.example.com';

interface Access {
  readonly apiUrl?: string;
  readonly token?: string;
  readonly zoneId?: string;
}

function zonesOf(
  to: AnyEmulator,
  { apiUrl = to.cloudflareUrl, token = to.cloudflareToken, zoneId }: Access = {},
): DnsZones {
  const traffic = createTraffic({
    service: 'Cloudflare',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: new AbortController().signal,
    onRetry: () => {},
    explain: explainCloudflare,
  });
  return createCloudflareZones({ apiUrl, token, zoneId, traffic });
}

type RecordRequest = NonNullable<Parameters<AnyEmulator['dnsZone']>[0]['records']>[number];

const zone = async (records: RecordRequest[] = [], to: AnyEmulator = emulator): Promise<string> =>
  (await to.dnsZone({ zone: 'example.com', records })).zoneId;
const link = (content: string, more: Partial<RecordRequest> = {}): RecordRequest => ({
  name: '_dnslink',
  content,
  ...more,
});

/** What the zone keeps for the name. */
async function kept(to: AnyEmulator = emulator, name = NAME): Promise<readonly string[]> {
  const { dns } = await to.state();
  return dns.records.filter((record) => record.name === name).map(({ content }) => content);
}

const sent = async (to: AnyEmulator = emulator): Promise<readonly string[]> =>
  (await to.requests({ host: 'cloudflare' })).map(({ method }) => method);

async function failureOf(work: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`No ActionError: ${String(error)}`);
  return error;
}

beforeEach(async () => {
  await zone();
});

describe('a DNSLink at Cloudflare', () => {
  it('is made where there is none, and leaves the other values alone', async () => {
    await zone([link('v=spf1 -all'), link('dnslink=/hyper/abc'), { name: '@', content: `dnslink=${OLD}` }]);
    await zonesOf(emulator).write('example.com', path);
    expect(await kept()).toEqual(['v=spf1 -all', 'dnslink=/hyper/abc', `"dnslink=${path}"`]);
    expect(await kept(emulator, 'example.com')).toEqual([`dnslink=${OLD}`]);
    expect((await emulator.state()).dns.records.at(-1)).toMatchObject({ ttl: 120, comment: 'pinata-deploy' });
    expect(await zonesOf(emulator).read('example.com')).toMatchObject({ path });
  });

  it.each([
    [`dnslink=${OLD}`, `dnslink=${path}`],
    [`"dnslink=${OLD}"`, `"dnslink=${path}"`],
    [`"dnslink=" "${OLD}"`, `"dnslink=${path}"`],
    ['dnslink=soon', `dnslink=${path}`],
  ])('that says %s is changed in its content only', async (before, after) => {
    await zone([link(before, { ttl: 600, comment: 'ours', tags: ['team:web'] })]);
    await zonesOf(emulator).write('example.com', path);
    expect((await emulator.state()).dns.records).toMatchObject([
      { name: NAME, content: after, ttl: 600, comment: 'ours', tags: ['team:web'] },
    ]);
    expect(await sent()).toEqual(['GET', 'GET', 'PATCH']);
  });

  it('that says so already is not written', async () => {
    await zone([link(`"dnslink=${path}"`)]);
    await zonesOf(emulator).write('example.com', path);
    expect(await sent()).toEqual(['GET', 'GET']);
  });

  it.each(['on', 'off'] as const)('is understood however the API shows it: quotes %s', async (txtQuotes) => {
    const own = await emulatorFor({ txtQuotes });
    await zone([link(`dnslink=${OLD}`)], own);
    const zones = zonesOf(own);
    expect(await zones.read('example.com')).toMatchObject({ path: OLD });
    await zones.write('example.com', path);
    expect(await zones.read('example.com')).toMatchObject({ path });
    expect(await kept(own)).toHaveLength(1);
  });

  it('is read as nothing where there is none', async () => {
    expect(await zonesOf(emulator).read('example.com')).toBeUndefined();
  });

  it('is read whole where a list comes in pages, and no other name is taken for it', async () => {
    const envelope = (name: string, page: number): string =>
      JSON.stringify({
        success: true,
        result: [{ id: 'a1', type: 'TXT', name, content: `dnslink=${OLD}` }],
        result_info: { page, total_pages: 2 },
      });
    await using server = await scriptedServer(
      answer(200, envelope('other.example.com', 1)),
      answer(200, envelope(NAME, 2)),
    );
    const zones = zonesOf(emulator, { apiUrl: server.url, zoneId: 'abc' });
    expect(await zones.read('example.com')).toMatchObject({ path: OLD });
    expect(server.seen.map(({ path: asked }) => new URL(asked, server.url).searchParams.get('page'))).toEqual([
      '1',
      '2',
    ]);
  });
});

describe('what cannot be decided is refused', () => {
  it('as with two DNSLinks, which are named', async () => {
    await zone([link(`dnslink=${OLD}`), link('dnslink=/ipns/b.example')]);
    const zones = zonesOf(emulator);
    for (const work of [() => zones.read('example.com'), () => zones.write('example.com', path)]) {
      const error = await failureOf(work());
      expect(error.kind).toBe('conflict');
      expect(error.message).toBe(`${NAME} has 2 DNSLinks at once: "dnslink=${OLD}", "dnslink=/ipns/b.example".`);
      expect(error.hint).toMatch(/^Remove all but one of these TXT records/);
    }
    expect(await kept()).toHaveLength(2);
  });

  it('as with a name that is delegated, and where to', async () => {
    await zone([link('_dnslink.site.example', { type: 'CNAME' })]);
    const error = await failureOf(zonesOf(emulator).write('example.com', path));
    expect(error.message).toBe(
      `${NAME} is a CNAME record that points to _dnslink.site.example, so it has no value here.`,
    );
    expect(error.hint).toMatch(/^Point dnslink at the domain that _dnslink\.site\.example belongs to/);
  });
});

describe('the zone', () => {
  it('is that of the longest ending of the domain', async () => {
    await emulator.dnsZone({ zone: 'b.example.com' });
    await zonesOf(emulator).write('a.b.example.com', path);
    expect(await kept(emulator, '_dnslink.a.b.example.com')).toEqual([`"dnslink=${path}"`]);
    const asked = (await emulator.requests({ host: 'cloudflare' })).map((request) => request.path);
    expect(asked.filter((url) => url.includes('/zones?'))).toEqual([
      '/client/v4/zones?name=a.b.example.com',
      '/client/v4/zones?name=b.example.com',
    ]);
  });

  it('is looked for once', async () => {
    const zones = zonesOf(emulator);
    await zones.read('example.com');
    await zones.read('example.com');
    expect(await sent()).toEqual(['GET', 'GET', 'GET']);
  });

  it('is looked for again when that failed', async () => {
    const zones = zonesOf(emulator);
    await emulator.fault({ match: { path: '/zones?' }, action: { status: 403 } });
    await failureOf(zones.read('example.com'));
    expect(await zones.read('example.com')).toBeUndefined();
  });

  it('need not be looked for where its id is given, and the token may only edit it', async () => {
    const zoneId = await zone([link(`dnslink=${OLD}`)]);
    const token = await emulator.addDnsToken({ permissions: ['dns:edit'], zones: ['example.com'] });
    await zonesOf(emulator, { zoneId, token }).write('example.com', path);
    expect(await sent()).toEqual(['GET', 'PATCH']);
    expect(await kept()).toEqual([`dnslink=${path}`]);
  });

  it('of another domain is refused, and nothing is left in it', async () => {
    const zoneId = await zone();
    const error = await failureOf(zonesOf(emulator, { zoneId }).write('other.example', path));
    expect([error.kind, error.message]).toEqual([
      'input',
      'The zone in cloudflare-zone is not the one of other.example.',
    ]);
    expect((await emulator.state()).dns.records.filter((record) => record.zoneId === zoneId)).toEqual([]);
  });

  it('that is active is taken where another of the name is not', async () => {
    const zones = [
      { id: 'pending1', name: 'example.com', status: 'pending' },
      { id: 'active1', name: 'example.com', status: 'active' },
      { id: 'active2', name: 'example.com.org', status: 'active' },
    ];
    await using server = await scriptedServer(
      answer(200, JSON.stringify({ success: true, result: zones })),
      answer(200, JSON.stringify({ success: true, result: [] })),
    );
    expect(await zonesOf(emulator, { apiUrl: server.url }).read('example.com')).toBeUndefined();
    expect(server.seen[1]?.path).toMatch(/^\/zones\/active1\/dns_records/);
  });
});

describe('a refusal is told with what to do', () => {
  it.each([
    ['a token that is none', 'no token', /^cloudflare-token is not the text of an API token/, /Zone\.DNS Edit/],
    [
      'one that nobody knows',
      'x'.repeat(40),
      /^Cloudflare does not accept the token in cloudflare-token/,
      /run out or was rolled/,
    ],
  ])('for %s', async (_title, token, message, hint) => {
    const error = await failureOf(zonesOf(emulator, { token }).read('example.com'));
    expect(error.kind).toBe('credentials');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(`${error.message}${error.hint}`).not.toContain(token);
  });

  it('for a token that may not edit', async () => {
    const token = await emulator.addDnsToken({ permissions: ['zone:read', 'dns:read'] });
    const error = await failureOf(zonesOf(emulator, { token }).write('example.com', path));
    expect(error.message).toMatch(
      /^The token in cloudflare-token is not allowed to write a DNS record\. \(Cloudflare said: 403, 10000 /,
    );
    expect(error.hint).toMatch(/Zone\.DNS Edit for the zone, and Zone\.Zone Read unless cloudflare-zone is given/);
  });

  it('for a zone that the token does not see', async () => {
    const token = await emulator.addDnsToken({ permissions: ['dns:edit'] });
    const error = await failureOf(zonesOf(emulator, { token }).read('a.example.com'));
    expect(error.message).toBe('Cloudflare shows the token in cloudflare-token no zone that a.example.com is in.');
    expect(error.hint).toMatch(/Zone\.Zone Read and Zone\.DNS Edit.*or set cloudflare-zone/);
  });

  it('for an id that is of no zone', async () => {
    const error = await failureOf(zonesOf(emulator, { zoneId: 'f'.repeat(32) }).read('example.com'));
    expect([error.kind, error.message.split('(')[0]]).toEqual([
      'input',
      'Cloudflare knows no such zone, so it did not read the DNS records. ',
    ]);
  });

  it.each<[string, FaultRequest['action'], ActionError['kind'], RegExp]>([
    ['500', { status: 500 }, 'network', /^Cloudflare failed to find the DNS zone\./],
    ['429', { status: 429 }, 'quota', /^Cloudflare's rate limit left no room/],
    ['302', { status: 302, headers: { location: 'https://evil.example/' } }, 'network', /redirected the request/],
    ['pages', { html200: true }, 'network', /^Cloudflare answered with an HTML page instead of JSON/],
    ['no answer', { cut: 'before' }, 'network', /^Cloudflare could not be reached to find the DNS zone/],
    [
      'a refusal with the status 200',
      {
        status: 200,
        body: JSON.stringify({ success: false, errors: [{ code: 1, message: 'no' }] }),
        contentType: 'application/json',
      },
      'conflict',
      /^Cloudflare did not find the DNS zone\. \(Cloudflare said: 200, 1 no\)/,
    ],
    [
      'an answer that is no list',
      { status: 200, body: JSON.stringify({ success: true, result: {} }), contentType: 'application/json' },
      'network',
      /^Cloudflare answered something that is not a list\./,
    ],
  ])('for %s', async (_title, action, kind, message) => {
    await emulator.fault({ match: { host: 'cloudflare' }, times: 99, action });
    const error = await failureOf(zonesOf(emulator).read('example.com'));
    expect([error.kind, error.message]).toEqual([kind, expect.stringMatching(message)]);
    expect(error.hint).toBeTruthy();
  });
});

describe('a record is made once', () => {
  it.each<[string, FaultRequest['action']]>([
    ['the answer is lost', { cut: 'after' }],
    ['half of the answer comes', { truncateJson: true }],
    ['the request is lost', { cut: 'before' }],
    ['a proxy answers 502', { status: 502, body: '<html>', contentType: 'text/html' }],
  ])('when %s, once or twice', async (_title, action) => {
    for (const times of [1, 2]) {
      await zone();
      await emulator.fault({ match: { host: 'cloudflare', method: 'POST' }, times, action });
      await zonesOf(emulator).write('example.com', path);
      expect(await kept()).toEqual([`"dnslink=${path}"`]);
    }
  });

  it('by two runs at the same time that write the same', async () => {
    await Promise.all([zonesOf(emulator).write('example.com', path), zonesOf(emulator).write('example.com', path)]);
    expect(await kept()).toEqual([`"dnslink=${path}"`]);
  });

  it('and one that was removed before it could be changed is made again', async () => {
    await zone([link(`dnslink=${OLD}`)]);
    await emulator.fault({
      match: { host: 'cloudflare', method: 'PATCH' },
      action: {
        status: 404,
        body: JSON.stringify({ success: false, errors: [{ code: 81_044, message: 'Record does not exist.' }] }),
      },
    });
    await zonesOf(emulator).write('example.com', path);
    expect(await kept()).toEqual([`dnslink=${path}`]);
  });
});
