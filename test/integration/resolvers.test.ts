import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, encode, type Packet } from 'dns-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResolvers } from '../../src/adapters/dns/resolvers.ts';
import type { ResolverAnswer } from '../../src/ports.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, closedUrl, cut, scriptedServer } from '../support/http-server.ts';

const emulator = await emulatorForFile();

const CID = 'bafybeibj6lixxzqtsb45ysdjnupvqkufgdvzqbnvmhw2kf7cfkesy7r7d4';
const LINK = `dnslink=/ipfs/${CID}`;
const TARGET = { path: `/ipfs/${CID}`, cid: CID };
const NAME = '_dnslink.example.com';
const TYPE = { 'content-type': 'application/dns-message' };

const read = async (url: string, timeoutMs = 2000): Promise<ResolverAnswer | undefined> =>
  (await createResolvers({ urls: [url], timeoutMs }).read('example.com'))[0];

/** What is made of an answer with this packet. */
async function told(packet: Packet): Promise<ResolverAnswer | undefined> {
  await using server = await scriptedServer(answer(200, encode({ type: 'response', id: 0, ...packet }), TYPE));
  return await read(server.url);
}

const txt = (data: string | string[], name = NAME, ttl = 60): Answer => ({ type: 'TXT', name, ttl, data });

describe('what resolvers answer for a DNSLink', () => {
  it('is the same at each that sees the zone, under its own name', async () => {
    await emulator.dnsZone({ zone: 'example.com', records: [{ name: '_dnslink', content: LINK }] });
    const answers = await createResolvers({ urls: emulator.dohUrls, timeoutMs: 2000 }).read('example.com');
    expect(answers).toEqual(
      emulator.dohUrls.map((url) => ({ resolver: new URL(url).host, target: TARGET, ttl: 0, trouble: undefined })),
    );
    const [request] = await emulator.requests({ host: 'doh1' });
    expect(request).toMatchObject({ method: 'GET', headers: { accept: 'application/dns-message' } });
    // The id is 0: the first two bytes of the message.
    expect(request?.path).toMatch(/\?dns=AAAB/);
  });

  it('is nothing where the domain has none, and the domain itself is not asked', async () => {
    await emulator.dnsZone({ zone: 'example.com', records: [{ name: '@', content: LINK }] });
    const [url = ''] = emulator.dohUrls;
    expect(await read(url)).toEqual({ resolver: new URL(url).host, target: undefined, ttl: 0, trouble: undefined });
    expect(await emulator.requests()).toHaveLength(1);
  });

  it('is asked for behind a template, too', async () => {
    await emulator.dnsZone({ zone: 'example.com', records: [{ name: '_dnslink', content: LINK }] });
    expect(await read(`${emulator.dohUrls[1]}{?dns}`)).toMatchObject({ target: TARGET });
  });

  it('is joined from the strings of one record, and other values are not looked at', async () => {
    const answers = [txt('v=spf1 -all'), txt([LINK.slice(0, 20), LINK.slice(20)]), txt('dnslink=/hyper/abc')];
    expect(await told({ answers })).toMatchObject({ target: TARGET, ttl: 60 });
  });

  it('is found behind aliases, for as long as the shortest of them may be kept', async () => {
    const answers: Answer[] = [
      { type: 'CNAME', name: '_DNSLINK.Example.com', ttl: 30, data: 'one.example.' },
      { type: 'CNAME', name: 'one.example', ttl: 300, data: 'two.example' },
      txt(LINK, 'two.example', 120),
      txt('dnslink=/ipfs/elsewhere', 'other.example'),
    ];
    expect(await told({ answers })).toMatchObject({ target: TARGET, ttl: 30 });
    const loop: Answer[] = [{ type: 'CNAME', name: NAME, ttl: 30, data: NAME }];
    expect(await told({ answers: loop })).toMatchObject({ target: undefined, trouble: undefined });
  });

  it('is nothing for as long as the zone says so', async () => {
    const soa: Answer = { type: 'SOA', name: 'example.com', ttl: 900, data: { mname: 'a', rname: 'b', minimum: 60 } };
    expect(await told({ flags: 3, authorities: [soa] })).toMatchObject({
      target: undefined,
      ttl: 60,
      trouble: undefined,
    });
    expect(await told({ authorities: [soa] })).toMatchObject({ target: undefined, ttl: 60, trouble: undefined });
    expect(await told({ answers: [txt('v=spf1 -all')] })).toMatchObject({
      target: undefined,
      ttl: 60,
      trouble: undefined,
    });
  });

  it('is no answer where there are two', async () => {
    const answers = [txt(LINK), txt('dnslink=/ipns/b.example')];
    expect(await told({ answers })).toMatchObject({
      target: undefined,
      trouble: 'has 2 DNSLinks at once, such as /ipfs/bafybeib…7d4 and /ipns/b.example',
    });
  });
});

describe('trouble is told in words', () => {
  it.each([
    [2, 'answered SERVFAIL'],
    [5, 'answered REFUSED'],
    [9, 'answered the error 9'],
  ])('for the code %i', async (flags, trouble) => {
    expect(await told({ flags })).toMatchObject({ target: undefined, trouble });
  });

  it.each([
    ['an error of HTTP', answer(503, 'later', TYPE), 'answered 503'],
    ['a redirect', answer(302, '', { ...TYPE, location: 'https://evil.example/' }), 'answered 302'],
    ['a page', answer(200, '<html>', { 'content-type': 'text/html' }), 'answered something that is not DNS'],
    ['garbage', answer(200, 'garbage that is longer than a header', TYPE), 'answered something that is not DNS'],
    ['nothing', answer(200, '', TYPE), 'answered something that is not DNS'],
    ['a query', answer(200, encode({ type: 'query', questions: [] }), TYPE), 'answered something that is not DNS'],
    ['too much', answer(200, Buffer.alloc(70_000), TYPE), 'answered more than 64 KiB'],
  ])('for %s', async (_title, respond, trouble) => {
    await using server = await scriptedServer(respond);
    expect(await read(server.url)).toMatchObject({ target: undefined, ttl: 0, trouble });
  });

  it('for a connection that is cut, and one that nobody takes', async () => {
    await using server = await scriptedServer(cut);
    expect((await read(server.url))?.trouble).toMatch(/^could not be reached/);
    expect((await read(await closedUrl()))?.trouble).toBe('could not be reached (ECONNREFUSED)');
    expect((await read('no address'))?.trouble).toMatch(/^could not be reached/);
  });

  it('for an answer that does not come, or does not end, in time', async () => {
    const silent = createServer((request, response) => {
      if (request.url?.startsWith('/slow') === true) response.writeHead(200, TYPE).write('x');
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => silent.closeAllConnections());
    onTestFinished(() => void silent.close());
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect((await read(url, 100))?.trouble).toBe('did not answer in time');
    expect((await read(`${url}/slow`, 100))?.trouble).toBe('did not answer in time');
  });

  it('and keeps the others from nothing', async () => {
    await emulator.dnsZone({ zone: 'example.com', records: [{ name: '_dnslink', content: LINK }] });
    const urls = [await closedUrl(), emulator.dohUrls[0] ?? ''];
    const answers = await createResolvers({ urls, timeoutMs: 2000 }).read('example.com');
    expect(answers.map(({ target }) => target)).toEqual([undefined, TARGET]);
  });
});
