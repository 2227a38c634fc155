import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createProbe, type GatewayOptions } from '../../src/adapters/gateway/probe.ts';
import { type Cid, cidFromDigest, DAG_PB_CODEC, RAW_CODEC } from '../../src/domain/cid.ts';
import type { Opening } from '../../src/domain/link.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Probe } from '../../src/domain/outcome.ts';
import { answer, closedUrl, cut, scriptedServer } from '../support/http-server.ts';
import { localNames } from '../support/local-names.ts';
import { unknownOpening } from '../unit/account.ts';

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

/** Opens a build at these templates; `dedicated:` before one makes it the account's own. */
async function probeAll(
  templates: readonly string[],
  { of = build, ...more }: Partial<GatewayOptions> & { readonly of?: Build | Cid } = {},
): Promise<readonly Probe[]> {
  const probe = createProbe({
    templates: templates.map((text) => ({
      template: text.replace('dedicated:', ''),
      dedicated: text.startsWith('dedicated:'),
    })),
    dedicatedKey: undefined,
    timeoutMs: 0,
    look: 'gateway',
    enough: 'opens',
    open: () => Promise.reject(new Error('Nothing was published before.')),
    ...more,
  });
  return await probe(of);
}

async function probe(template: string, more: Parameters<typeof probeAll>[1] = {}): Promise<Probe | undefined> {
  return (await probeAll([template], more))[0];
}

/** A build of these files, without anything behind them. */
function listed(...files: readonly (readonly [path: string, cid: Cid, bytes: number])[]): Build {
  return { ...build, listing: new Map(files.map(([path, cid, bytes]) => [path, { cid, bytes }])) };
}

function rawCid(bytes: string | Uint8Array): Cid {
  return cidFromDigest(RAW_CODEC, createHash('sha256').update(bytes).digest());
}

const style = Buffer.from('p { color: red }');
const site = listed(['index.html', pageCid, page.length], ['style.css', rawCid(style), style.length]);

describe('opening a link', () => {
  it('is live when the bytes of the page come back', async () => {
    await using server = await scriptedServer(answer(200, page, { 'content-type': 'text/html' }));
    const seen = await probe(`${server.url}/ipfs/{cid}`);
    expect(seen).toMatchObject({ state: 'live', link: `${server.url}/ipfs/${root}/` });
    expect(server.seen[0]?.path).toBe(`/ipfs/${root}/`);
  });

  const cloudflare = '<!DOCTYPE html><html><head><title>Error 1015 |\n Rate limited &amp; more</title></head></html>';

  it.each([
    ['other bytes with status 200', answer(200, '<h1>hellO</h1>'), 'answered with other bytes', false],
    ['a refusal with status 200', answer(200, 'sorry - ERR_ID:00006'), 'does not have the content yet', false],
    ['an error page', answer(200, cloudflare), 'with an error page (Error 1015 | Rate limited &amp; more)', false],
    ['an invalid link', answer(400, 'ERR_ID:00004'), 'says the link is invalid', true],
    ['HTML refused', answer(403, 'no HTML - ERR_ID:00023'), 'serves HTML only through a custom domain', true],
    ['a wrong key', answer(403, 'ERR_ID:00024'), 'refuses this content or its key', true],
    ['an unknown refusal', answer(403, 'ERR_ID:00099'), 'refused it (ERR_ID:00099)', false],
    ['401', answer(401), 'wants a key (401)', false],
    ['403', answer(403), 'refuses it (403)', false],
    ['429', answer(429), 'has had too many requests (429)', false],
    ['451', answer(451), 'may not serve it (451)', false],
    ['504', answer(504), 'has not found it yet (504)', false],
    ['418', answer(418), 'answered 418', false],
  ] as const)('is down on %s', async (...[, reply, note, final]) => {
    await using server = await scriptedServer(reply);
    const seen = await probe(`${server.url}/ipfs/{cid}`);
    expect(seen).toMatchObject({ state: 'down', note: expect.stringContaining(note) as string, final, bytes: 0 });
  });

  it('tells the status, the time to the first byte, and how much was compared', async () => {
    const slow = (response: ServerResponse): void => {
      response.writeHead(200);
      response.flushHeaders();
      setTimeout(() => response.end(page), 120);
    };
    await using server = await scriptedServer(slow, answer(503));
    const seen = await probe(`${server.url}/{cid}`);
    expect(seen).toMatchObject({ status: 200, bytes: page.length, note: 'bytes match' });
    expect(seen?.firstByteMs).toBeGreaterThanOrEqual(115);
    expect(await probe(`${server.url}/{cid}`)).toMatchObject({ status: 503, bytes: 0 });
    const nobody = await probe(`${await closedUrl()}/{cid}`);
    expect(nobody).toMatchObject({ status: undefined, firstByteMs: undefined, bytes: 0 });
  });

  it('says so when a file is answered with a page', async () => {
    const of = listed(['style.css', rawCid(style), style.length], ['big.css', root, 99]);
    await using server = await scriptedServer(answer(200, '<!doctype html><title>Sign in</title>'));
    expect((await probe(`${server.url}/{cid}`, { of }))?.note).toBe('answered with a page instead (Sign in)');
  });

  it('says so when an answer breaks off', async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(200, { 'content-length': 99 });
      response.write('half', () => response.destroy());
    });
    const seen = await probe(`${server.url}/{cid}`);
    expect(seen).toMatchObject({ state: 'down', note: 'broke off in the middle of its answer', status: 200 });
  });

  it('is down when nobody answers, and says why', async () => {
    await using server = await scriptedServer(cut);
    expect((await probe(`${server.url}/{cid}`))?.note).toMatch(/could not be reached/);
    expect((await probe(`${await closedUrl()}/{cid}`))?.note).toBe('could not be reached (ECONNREFUSED)');
  });

  it('asks again until it is there', async () => {
    await using server = await scriptedServer(answer(504), answer(200, page));
    const began = performance.now();
    expect(await probe(`${server.url}/{cid}`, { timeoutMs: 9000 })).toMatchObject({ state: 'live' });
    expect(server.seen).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(2500);
  });

  it('asks a last time when a short time is over', async () => {
    await using server = await scriptedServer(answer(504), answer(200, page));
    const began = performance.now();
    expect(await probe(`${server.url}/{cid}`, { timeoutMs: 300 })).toMatchObject({ state: 'live' });
    expect(performance.now() - began).toBeLessThan(900);
  });

  it('waits for no other gateway once one is up', async () => {
    await using up = await scriptedServer(answer(200, page));
    await using late = await scriptedServer(answer(504));
    const began = performance.now();
    const seen = await probeAll([`${late.url}/{cid}`, `${up.url}/{cid}`], { timeoutMs: 20_000 });
    expect(seen.map(({ state }) => state)).toEqual(['down', 'live']);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('does not ask again when the answer is final', async () => {
    await using server = await scriptedServer(answer(403, 'ERR_ID:00023'), answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { timeoutMs: 5000 })).toMatchObject({ state: 'down' });
    expect(server.seen).toHaveLength(1);
  });

  it('sends the key to the dedicated gateway as a header, and nowhere else', async () => {
    await using own = await scriptedServer(answer(200, page));
    await using open = await scriptedServer(answer(200, page));
    await probeAll([`dedicated:${own.url}/{cid}`, `${open.url}/{cid}`], { dedicatedKey: 'key-1' });
    expect(own.seen[0]?.headers['x-pinata-gateway-token']).toBe('key-1');
    expect(open.seen[0]?.headers['x-pinata-gateway-token']).toBeUndefined();
    expect(own.seen[0]?.path).not.toContain('key-1');
  });

  it.each([
    ['is refused', answer(401, 'no key'), 'serves it with its key only', true],
    ['gets a refusal with status 200', answer(200, 'ERR_ID:00006'), 'does not have the content yet', false],
    ['gets another page', answer(200, '<!doctype html><title>Log in</title>'), 'answered with other bytes', false],
    ['gets no answer', cut, 'could not be reached', false],
  ] as const)('is no link for people where who has no key %s', async (...[, reply, note, final]) => {
    await using own = await scriptedServer(answer(200, page), reply);
    const seen = await probe(`dedicated:${own.url}/{cid}`, { dedicatedKey: 'key-1' });
    const said = expect.stringContaining(note) as string;
    expect(seen).toMatchObject({ state: 'files', status: 200, bytes: page.length, note: said, final });
    expect(own.seen.map(({ headers }) => headers['x-pinata-gateway-token'])).toEqual(['key-1', undefined]);
  });

  it('is a link for people where who has no key gets the same bytes', async () => {
    await using own = await scriptedServer(answer(200, page));
    expect(await probe(`dedicated:${own.url}/{cid}`, { dedicatedKey: 'key-1' })).toMatchObject({ state: 'live' });
    expect(own.seen).toHaveLength(2);
  });

  it('does not carry the key along a redirect', async () => {
    await using elsewhere = await scriptedServer(answer(200, page));
    await using own = await scriptedServer(answer(302, '', { location: elsewhere.url }));
    const seen = await probe(`dedicated:${own.url}/{cid}`, { dedicatedKey: 'key-1' });
    expect(seen).toMatchObject({ state: 'down', note: 'redirects (302), and a key must not follow', status: 302 });
    expect(elsewhere.seen).toHaveLength(0);
  });

  it('repeats nothing of what a gateway says that has seen the key', async () => {
    await using own = await scriptedServer(answer(200, '<!doctype html><title>Error: bad key key-1</title>'));
    const seen = await probe(`dedicated:${own.url}/{cid}`, { dedicatedKey: 'key-1' });
    expect(seen?.note).toBe('answered 200 with an error page');
  });

  it('believes the bytes, though the page itself talks of refusals', async () => {
    const talk = Buffer.from('<p>ERR_ID:00023 means that HTML needs a custom domain</p>');
    await using server = await scriptedServer(answer(200, talk));
    const seen = await probe(`${server.url}/{cid}`, { of: listed(['index.html', rawCid(talk), talk.length]) });
    expect(seen).toMatchObject({ state: 'live', note: 'bytes match' });
  });

  it('claims no more than the length of a file that is not one raw block', async () => {
    const of = listed(['index.html', cidFromDigest(DAG_PB_CODEC, new Uint8Array(32)), page.length]);
    const opened = async (body: string): Promise<Probe | undefined> => {
      await using server = await scriptedServer(answer(200, body));
      return await probe(`${server.url}/{cid}`, { of });
    };
    expect(await opened(page.toString())).toMatchObject({ state: 'live', note: 'length matches', bytes: 0 });
    expect(await opened('<h1>longer than it was</h1>')).toMatchObject({ state: 'down' });
  });

  // Protobuf: a node with a UnixFS message, a file with these bytes and their number.
  const message = Buffer.concat([Buffer.from([0x08, 2, 0x12, page.length]), page, Buffer.from([0x18, page.length])]);
  const node = Buffer.concat([Buffer.from([0x0a, message.length]), message]);
  const nodeCid = cidFromDigest(DAG_PB_CODEC, createHash('sha256').update(node).digest());
  const wrapped = listed(['index.html', nodeCid, page.length]);
  const sameLength = page.toString().replace('hello', 'jello');

  it.each<[string, Build]>([
    ['a block with a header', { ...wrapped, nodes: new Map([[nodeCid, node]]) }],
    [
      'several blocks',
      {
        ...wrapped,
        readFile: async function* (path) {
          if (path === 'index.html') yield page;
        },
      },
    ],
  ])('compares the bytes of a file in %s', async (_title, of) => {
    await using server = await scriptedServer(answer(200, sameLength), answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { of })).toMatchObject({ state: 'down', bytes: 0 });
    expect(await probe(`${server.url}/{cid}`, { of })).toMatchObject({ state: 'live', bytes: page.length });
  });

  it('does not download a large file: its announced length is the proof', async () => {
    const large = { cid: root, bytes: 9 * 1024 * 1024 };
    const endless = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': String(large.bytes) });
      response.write(new Uint8Array(5 * 1024 * 1024));
    };
    await using server = await scriptedServer(endless);
    const seen = await probe(`${server.url}/{cid}`, { of: listed(['film.mp4', large.cid, large.bytes]) });
    expect(seen).toMatchObject({ state: 'live', note: 'length matches' });
  });

  it('opens nothing when not asked to look', async () => {
    await using server = await scriptedServer(answer(200, page));
    expect(await probe(`${server.url}/{cid}`, { look: 'none' })).toMatchObject({ state: 'unopened' });
    expect(server.seen).toHaveLength(0);
  });

  it('opens the smallest file of a directory without an index, with its path encoded', async () => {
    const of = listed(['.nojekyll', root, 0], ['ä b/#1.txt', pageCid, page.length], ['big.bin', root, 99]);
    await using server = await scriptedServer(answer(200, page));
    const seen = await probe(`${server.url}/{cid}`, { of });
    expect(seen?.state).toBe('live');
    expect(server.seen[0]?.path).toBe(`/${root}/%C3%A4%20b/%231.txt`);
  });
});

describe('a gateway that serves no pages', () => {
  const noPages = answer(403, 'no HTML - ERR_ID:00023');

  it('serves the files at least, where one of them comes back right', async () => {
    await using server = await scriptedServer(noPages, answer(200, style));
    const seen = await probe(`dedicated:${server.url}/ipfs/{cid}`, { of: site, dedicatedKey: 'key-1' });
    expect(seen).toMatchObject({
      state: 'files',
      note: 'serves its files; pages only through a custom domain',
      final: true,
      bytes: style.length,
      status: 403,
    });
    expect(server.seen.map(({ path }) => path)).toEqual([`/ipfs/${root}/`, `/ipfs/${root}/style.css`]);
    expect(server.seen[1]?.headers['x-pinata-gateway-token']).toBe('key-1');
  });

  it.each([
    ['comes back wrong', answer(200, 'p { color: blue }')],
    ['is refused too', noPages],
    ['does not come back', cut],
  ])('is down where such a file %s', async (...[, reply]) => {
    await using server = await scriptedServer(noPages, reply);
    const seen = await probe(`dedicated:${server.url}/{cid}`, { of: site });
    expect(seen).toMatchObject({ state: 'down', note: 'serves HTML only through a custom domain', final: true });
  });

  it('serves the files of everybody where it is not the account’s own', async () => {
    await using server = await scriptedServer(noPages, answer(200, style));
    const seen = await probe(`${server.url}/ipfs/{cid}`, { of: site });
    expect(seen).toMatchObject({ state: 'files', note: 'serves its files; no pages of anybody' });
  });

  it('does not keep another from being waited for', async () => {
    await using own = await scriptedServer(noPages, answer(200, style));
    await using open = await scriptedServer(answer(504), answer(200, page));
    const seen = await probeAll([`dedicated:${own.url}/{cid}`, `${open.url}/{cid}`], { of: site, timeoutMs: 5000 });
    expect(seen.map(({ state }) => state)).toEqual(['files', 'live']);
    expect(own.seen).toHaveLength(2);
  });
});

describe('a gateway whose page fetches the content in the browser', () => {
  const shell = '<!doctype html><title>Service worker gateway</title>';

  it.each([
    ['opens', answer(200, shell), 'opens', 'loads and checks the content in the browser'],
    ['is live when it has the bytes itself', answer(200, page), 'live', 'bytes match'],
    ['is down without that page', answer(502, shell), 'down', 'has not found it yet (502)'],
    [
      'is down with an error page',
      answer(200, '<html><title>Error 1020</title>'),
      'down',
      'an error page (Error 1020)',
    ],
  ] as const)('%s', async (...[, reply, state, note]) => {
    using _names = localNames('inbrowser.link');
    await using server = await scriptedServer(reply);
    const seen = await probe(`http://{cid}.ipfs.inbrowser.link:${new URL(server.url).port}`);
    expect(seen).toMatchObject({ state, note: expect.stringContaining(note) as string });
  });

  it('keeps nobody from waiting for the bytes, where these are asked for', async () => {
    using _names = localNames('inbrowser.link');
    await using server = await scriptedServer(answer(200, shell));
    await using late = await scriptedServer(answer(504), answer(200, page));
    const templates = [`http://{cid}.ipfs.inbrowser.link:${new URL(server.url).port}`, `${late.url}/{cid}`];
    const seen = await probeAll(templates, { timeoutMs: 5000, enough: 'live' });
    expect(seen.map(({ state }) => state)).toEqual(['opens', 'live']);
    expect(server.seen).toHaveLength(1);
  });

  it('proves nothing of content of which nothing is known', async () => {
    using _names = localNames('inbrowser.link');
    await using server = await scriptedServer(answer(200, shell));
    const seen = await probe(`http://{cid}.ipfs.inbrowser.link:${new URL(server.url).port}`, { of: root });
    expect(seen).toMatchObject({ state: 'opens', bytes: 0 });
  });
});

describe('content that was published before', () => {
  const published = (opening: Partial<Opening>): Pick<GatewayOptions, 'open'> => ({
    open: (cid) =>
      Promise.resolve({
        compare: () => Promise.reject(new Error('not asked')),
        readFile: () => Promise.resolve(undefined),
        effort: () => ({ requests: 0, cached: 0, bytes: 0, ms: 0 }),
        opening: () => Promise.resolve({ ...unknownOpening(cid), ...opening }),
      }),
  });

  it('is opened by what its tree says can be opened', async () => {
    await using server = await scriptedServer(answer(200, page));
    const sample = { path: 'a/page.html', cid: pageCid, bytes: page.length };
    const seen = await probe(`${server.url}/{cid}`, { of: root, ...published({ sample }) });
    expect(seen).toMatchObject({ state: 'live', note: 'bytes match', link: `${server.url}/${root}/` });
    expect(server.seen[0]?.path).toBe(`/${root}/a/page.html`);
  });

  it('of which nothing is known is not live because some page came back', async () => {
    await using server = await scriptedServer(answer(200, '<!doctype html><title>This domain is for sale</title>'));
    const seen = await probe(`${server.url}/{cid}`, { of: root, ...published({}) });
    expect(seen).toMatchObject({ state: 'opens', bytes: 0 });
  });

  it('of which nothing is known answers, or does not', async () => {
    await using server = await scriptedServer(
      answer(200, '<h1>My page about the art of waiting</h1>'),
      answer(200, '<!doctype html><title>504 Gateway Time-out</title>'),
      answer(200, 'ERR_ID:00006'),
      answer(404),
    );
    const seen: (string | undefined)[] = [];
    for (let nth = 0; nth < 4; nth += 1) {
      seen.push((await probe(`${server.url}/{cid}`, { of: root, ...published({}) }))?.note);
    }
    expect(seen).toEqual([
      'answers; which bytes are right is not known',
      'answered 200 with an error page (504 Gateway Time-out)',
      'does not have the content yet',
      'has not found it yet (404)',
    ]);
  });

  it('is linked without a request where nobody looks', async () => {
    const links = await probeAll(['https://a.example/ipfs/{cid}', 'https://{cid}.b.example'], {
      of: root,
      look: 'none',
    });
    expect(links.map(({ link }) => link)).toEqual([`https://a.example/ipfs/${root}/`, `https://${root}.b.example/`]);
    const [file] = await probeAll(['https://a.example/ipfs/{cid}'], { of: pageCid, look: 'none' });
    expect(file?.link).toBe(`https://a.example/ipfs/${pageCid}`);
  });
});
