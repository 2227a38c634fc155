import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createGateways, type GatewayOptions } from '../../src/adapters/gateway/probe.ts';
import { cidFromDigest, DAG_PB_CODEC, RAW_CODEC } from '../../src/domain/cid.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Probe } from '../../src/domain/outcome.ts';
import { answer, closedUrl, cut, scriptedServer } from '../support/http-server.ts';

const page = Buffer.from('<h1>hello</h1>');
const pageCid = cidFromDigest(RAW_CODEC, createHash('sha256').update(page).digest());
const root = cidFromDigest(DAG_PB_CODEC, new Uint8Array(32).fill(7));
const build: Build = {
  root,
  profile: 'unixfs-v1-2025',
  listing: new Map([['index.html', { cid: pageCid, bytes: page.length }]]),
  bytes: page.length,
  blocks: 2,
  car: { bytes: 0, read: () => (async function* () {})() },
  nodes: new Map(),
  readFile: undefined,
};

async function probe(template: string, more: Partial<GatewayOptions> = {}): Promise<Probe | undefined> {
  const gateways = createGateways({
    templates: [{ template, dedicated: false }],
    dedicatedKey: undefined,
    timeoutMs: 0,
    look: 'gateway',
    ...more,
  });
  return (await gateways.probe(build))[0];
}

describe('opening a link', () => {
  it('is live when the bytes of the page come back', async () => {
    await using server = await scriptedServer(answer(200, page, { 'content-type': 'text/html' }));
    const seen = await probe(`${server.url}/ipfs/{cid}`);
    expect(seen).toMatchObject({ state: 'live', link: `${server.url}/ipfs/${root}/` });
    expect(server.seen[0]?.path).toBe(`/ipfs/${root}/`);
  });

  it.each([
    ['other bytes with status 200', answer(200, '<h1>hellO</h1>'), 'answered with other bytes', false],
    ['an error page with status 200', answer(200, 'sorry - ERR_ID:00006'), 'does not have the content yet', false],
    ['HTML refused', answer(403, 'no HTML - ERR_ID:00023'), 'serves HTML only through a custom domain', true],
    ['an unknown refusal', answer(403, 'ERR_ID:00099'), 'refused it (ERR_ID:00099)', false],
    ['504', answer(504), 'has not found it yet (504)', false],
    ['418', answer(418), 'answered 418', false],
  ] as const)('is down on %s', async (...[, reply, note, final]) => {
    await using server = await scriptedServer(reply);
    expect(await probe(`${server.url}/ipfs/{cid}`)).toMatchObject({ state: 'down', note, final });
  });

  it('is down when nobody answers, and says why', async () => {
    await using server = await scriptedServer(cut);
    expect((await probe(`${server.url}/{cid}`))?.note).toMatch(/could not be reached/);
    expect((await probe(`${await closedUrl()}/{cid}`))?.note).toBe('could not be reached (ECONNREFUSED)');
  });

  it('asks again until it is there', async () => {
    await using server = await scriptedServer(answer(504), answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { timeoutMs: 5000 })).toMatchObject({ state: 'live' });
    expect(server.seen).toHaveLength(2);
  });

  it('does not ask again when the answer is final', async () => {
    await using server = await scriptedServer(answer(403, 'ERR_ID:00023'), answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { timeoutMs: 5000 })).toMatchObject({ state: 'down' });
    expect(server.seen).toHaveLength(1);
  });

  it('sends the key to the dedicated gateway as a header, and nowhere else', async () => {
    await using own = await scriptedServer(answer(200, page));
    await using open = await scriptedServer(answer(200, page));
    const templates = [
      { template: `${own.url}/{cid}`, dedicated: true },
      { template: `${open.url}/{cid}`, dedicated: false },
    ];
    await createGateways({ templates, dedicatedKey: 'key-1', timeoutMs: 0, look: 'gateway' }).probe(build);
    expect(own.seen[0]?.headers['x-pinata-gateway-token']).toBe('key-1');
    expect(open.seen[0]?.headers['x-pinata-gateway-token']).toBeUndefined();
    expect(own.seen[0]?.path).not.toContain('key-1');
  });

  it('does not carry the key along a redirect', async () => {
    await using elsewhere = await scriptedServer(answer(200, page));
    await using own = await scriptedServer(answer(302, '', { location: elsewhere.url }));
    const templates = [{ template: `${own.url}/{cid}`, dedicated: true }];
    const [seen] = await createGateways({ templates, dedicatedKey: 'key-1', timeoutMs: 0, look: 'gateway' }).probe(
      build,
    );
    expect(seen?.state).toBe('down');
    expect(elsewhere.seen).toHaveLength(0);
  });

  it('believes the bytes, though the page itself talks of refusals', async () => {
    const talk = Buffer.from('<p>ERR_ID:00023 means that HTML needs a custom domain</p>');
    const cid = cidFromDigest(RAW_CODEC, createHash('sha256').update(talk).digest());
    await using server = await scriptedServer(answer(200, talk));
    const templates = [{ template: `${server.url}/{cid}`, dedicated: false }];
    const gateways = createGateways({ templates, dedicatedKey: undefined, timeoutMs: 0, look: 'gateway' });
    const [seen] = await gateways.probe({ ...build, listing: new Map([['index.html', { cid, bytes: talk.length }]]) });
    expect(seen).toMatchObject({ state: 'live', note: 'bytes match' });
  });

  it('claims no more than the length of a file that is not one raw block', async () => {
    const listing = new Map([
      ['index.html', { cid: cidFromDigest(DAG_PB_CODEC, new Uint8Array(32)), bytes: page.length }],
    ]);
    const gateways = async (body: string): Promise<Probe | undefined> => {
      await using server = await scriptedServer(answer(200, body));
      const templates = [{ template: `${server.url}/{cid}`, dedicated: false }];
      const made = createGateways({ templates, dedicatedKey: undefined, timeoutMs: 0, look: 'gateway' });
      return (await made.probe({ ...build, listing }))[0];
    };
    expect(await gateways(page.toString())).toMatchObject({ state: 'live', note: 'length matches' });
    expect(await gateways('<h1>longer than it was</h1>')).toMatchObject({ state: 'down' });
  });

  it('does not download a large file: its announced length is the proof', async () => {
    const large = { cid: root, bytes: 9 * 1024 * 1024 };
    const endless = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': String(large.bytes) });
      response.write(new Uint8Array(5 * 1024 * 1024));
    };
    await using server = await scriptedServer(endless);
    const templates = [{ template: `${server.url}/{cid}`, dedicated: false }];
    const gateways = createGateways({ templates, dedicatedKey: undefined, timeoutMs: 0, look: 'gateway' });
    const [seen] = await gateways.probe({ ...build, root, listing: new Map([['film.mp4', large]]) });
    expect(seen).toMatchObject({ state: 'live', note: 'length matches' });
  });

  it('opens nothing when not asked to look', async () => {
    await using server = await scriptedServer(answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { look: 'none' })).toMatchObject({ state: 'unopened' });
    expect(server.seen).toHaveLength(0);
  });

  it('opens the smallest file of a directory without an index, with its path encoded', async () => {
    const other = { cid: root, bytes: 99 };
    const listing = new Map([
      ['.nojekyll', { cid: root, bytes: 0 }],
      ['ä b/#1.txt', { cid: pageCid, bytes: page.length }],
      ['big.bin', other],
    ]);
    await using server = await scriptedServer(answer(200, page));
    const templates = [{ template: `${server.url}/{cid}`, dedicated: false }];
    const [seen] = await createGateways({ templates, dedicatedKey: undefined, timeoutMs: 0, look: 'gateway' }).probe({
      ...build,
      listing,
    });
    expect(seen?.state).toBe('live');
    expect(server.seen[0]?.path).toBe(`/${root}/%C3%A4%20b/%231.txt`);
  });
});
