import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { CarReader } from '@ipld/car';
import { decode } from '@ipld/dag-pb';
import { recursive } from 'ipfs-unixfs-exporter';
import { importer } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { base32upper } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { CID } from 'multiformats/cid';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type GatewayBackend, type GatewayOptions } from '../../emulator/gateway.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const KIB = 1024;

const blocks = new Map<string, Uint8Array>();
const store = {
  put(cid: CID, bytes: unknown): CID {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError('the importer writes whole blocks');
    }
    blocks.set(cid.toString(), bytes);
    return cid;
  },
  *get(cid: CID): Generator<Uint8Array> {
    const bytes = blocks.get(cid.toString());
    if (bytes === undefined) {
      throw new Error(`no block ${cid.toString()}`);
    }
    yield bytes;
  },
};

/** Deterministic bytes without a repeating period a chunk could fall on. */
function noise(bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes; at += 32) {
    parts.push(createHash('sha256').update(String(at)).digest());
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

const BIG = noise(300 * KIB + 7);

const SITE: Readonly<Record<string, string | Buffer>> = {
  'index.html': '<!doctype html><title>home</title>',
  'about/index.html': '<!doctype html><title>about</title>',
  'about/team.txt': 'names',
  'assets/app.js': 'export {};\n',
  'assets/big.bin': BIG,
  'assets/site.webmanifest': '{}',
  'empty.txt': '',
  'naïve ☕.txt': 'unicode',
  '100%.txt': 'percent',
  '404.html': 'lost',
  'articles/2026/hello': 'an article',
  _redirects: [
    '# rules',
    '/old /about/team.txt',
    '/temp https://example.org/x 302',
    '/posts/:year/:slug /articles/:year/:slug 301',
    '/splat/* /articles/:splat 200',
    '/void/* /nowhere.html 200',
    '/gone/* /404.html 404',
  ].join('\n'),
};

interface Site {
  readonly root: CID;
  readonly cids: ReadonlyMap<string, CID>;
}

async function addSite(files: Readonly<Record<string, string | Buffer>>, options = {}): Promise<Site> {
  const cids = new Map<string, CID>();
  const sources = Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) }));
  let root: CID | undefined;
  const chunked = { profile: 'unixfs-v1-2025' as const, chunker: fixedSize({ chunkSize: 16 * KIB }) };
  for await (const entry of importer(sources, store, { ...chunked, wrapWithDirectory: true, ...options })) {
    cids.set(entry.path ?? '', entry.cid);
    root = entry.cid;
  }
  if (root === undefined) {
    throw new Error('nothing was imported');
  }
  return { root, cids };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A plain request: `path` goes out as it is, which fetch would not do, and so does the Host header. */
function ask(port: number, path: string, { method = 'GET', host, headers = {} }: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { port, host: '127.0.0.1', path, method, headers: { ...headers, host: host ?? `127.0.0.1:${port}` } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString('utf8') });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

let site: Site;
let sharded: Site;
const servers: Server[] = [];
const pinnedAt = new Map<string, Date>();

beforeAll(async () => {
  site = await addSite(SITE);
  const names = Array.from({ length: 700 }, (_, index) => [`page ${index}.txt`, `number ${index}`] as const);
  const pages: Record<string, string> = Object.fromEntries(names);
  sharded = await addSite({ ...pages, 'sub/deep.txt': 'deep' }, { shardSplitThresholdBytes: 1 });
  pinnedAt.set(site.root.toString(), NOW);
  pinnedAt.set(sharded.root.toString(), NOW);
});

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const BACKEND: GatewayBackend = {
  readBlock: (cid) => Promise.resolve(blocks.get(cid.toString())),
  isPinned: (root) => pinnedAt.has(root.toString()),
  pinnedSince: (root) => pinnedAt.get(root.toString()),
  now: () => NOW,
};

/** Starts a gateway that serves HTML, hardly hangs, and has the site and the sharded directory pinned. */
async function startGateway(options: GatewayOptions = {}, backend: Partial<GatewayBackend> = {}): Promise<number> {
  const gateway = createGateway({ ...BACKEND, ...backend }, { mode: 'custom-domain', hangMs: 20, ...options });
  const server = createServer((request, response) => void gateway(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function cidOf(path: string, from: Site = site): CID {
  const cid = from.cids.get(path);
  if (cid === undefined) {
    throw new Error(`${path} was not imported`);
  }
  return cid;
}

async function readCar(
  bytes: Buffer,
): Promise<{ readonly roots: readonly string[]; readonly cids: readonly string[] }> {
  const reader = await CarReader.fromBytes(bytes);
  const cids: string[] = [];
  for await (const { cid, bytes: block } of reader.blocks()) {
    expect(Buffer.from(cid.multihash.digest)).toEqual(createHash('sha256').update(block).digest());
    cids.push(cid.toString());
  }
  return { roots: (await reader.getRoots()).map(String), cids };
}

describe('files and directories', () => {
  it('serves every file of a site byte for byte, with its length, type and headers', async () => {
    const port = await startGateway();
    for (const [path, content] of Object.entries(SITE)) {
      const reply = await ask(port, `/ipfs/${site.root}/${path.split('/').map(encodeURIComponent).join('/')}`);
      expect(reply.status).toBe(200);
      expect(reply.body.equals(Buffer.from(content))).toBe(true);
      expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(content)));
      expect(reply.headers.etag).toBe(`"${cidOf(path)}"`);
    }
    const { headers } = await ask(port, `/ipfs/${site.root}/na%C3%AFve%20%E2%98%95.txt`);
    expect(headers['x-ipfs-path']).toBe(`/ipfs/${site.root}/na%C3%AFve%20%E2%98%95.txt`);
    expect(headers['x-ipfs-roots']).toBe(`${site.root},${cidOf('naïve ☕.txt')}`);
    expect(headers['cache-control']).toBe('public, max-age=29030400, immutable');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['accept-ranges']).toBe('bytes');
  });

  it.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['assets/app.js', 'text/javascript; charset=utf-8'],
    ['assets/site.webmanifest', 'application/manifest+json; charset=utf-8'],
    ['assets/big.bin', 'application/octet-stream'],
    ['articles/2026/hello', 'application/octet-stream'],
    ['articles/2026/hello?filename=caf%C3%A9.svg', 'image/svg+xml; charset=utf-8'],
  ])('tells the type of %s by its extension alone', async (path, type) => {
    const reply = await ask(await startGateway(), `/ipfs/${site.root}/${path}`);
    expect(reply.headers['content-type']).toBe(type);
  });

  it('shows index.html for a directory and redirects to the trailing slash, query included', async () => {
    const port = await startGateway();
    const index = await ask(port, `/ipfs/${site.root}/about/`);
    expect(index.text).toBe(SITE['about/index.html']);
    expect(index.headers.etag).toBe(`"${cidOf('about/index.html')}"`);
    const bare = await ask(port, `/ipfs/${site.root}/about?a=1`);
    expect(bare.status).toBe(301);
    expect(bare.headers.location).toBe(`/ipfs/${site.root}/about/?a=1`);
    const outside = await ask(port, `//ipfs/${site.root}/about`);
    expect(outside.headers.location).toBe(`/ipfs/${site.root}/about/`);
  });

  it('lists a directory without index.html, names escaped', async () => {
    const { root } = await addSite({ '<b>"&.txt': 'x', 'a b.txt': 'y' });
    pinnedAt.set(root.toString(), NOW);
    const reply = await ask(await startGateway(), `/ipfs/${root}/`);
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('&lt;b&gt;&quot;&amp;.txt</a>');
    expect(reply.text).toContain('href="./a%20b.txt"');
    expect(reply.headers.etag).toBe(`"DirIndex-1_CID-${root}"`);
    expect(reply.headers['cache-control']).not.toContain('immutable');
  });

  it('finds names in a sharded directory and lists all of them', async () => {
    const port = await startGateway();
    for (const index of [0, 99, 699]) {
      const reply = await ask(port, `/ipfs/${sharded.root}/page%20${index}.txt`);
      expect(reply.text).toBe(`number ${index}`);
    }
    expect((await ask(port, `/ipfs/${sharded.root}/sub/deep.txt`)).text).toBe('deep');
    expect((await ask(port, `/ipfs/${sharded.root}/page%20700.txt`)).status).toBe(404);
    const listing = await ask(port, `/ipfs/${sharded.root}/`);
    expect(listing.text.match(/<tr><td>/g)).toHaveLength(701);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const port = await startGateway();
    for (const path of ['', '/index.html', '/assets/big.bin', '/assets/', '/assets/big.bin?format=raw']) {
      const url = `/ipfs/${site.root}${path === '' ? '/' : path}`;
      const [head, get] = [await ask(port, url, { method: 'HEAD' }), await ask(port, url)];
      expect(head.status).toBe(200);
      expect(head.body.byteLength).toBe(0);
      expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' });
      expect(get.headers['content-length']).toBe(String(get.body.byteLength));
    }
  });

  it('answers 404 for a path that is not in the DAG, also below a file', async () => {
    const port = await startGateway();
    for (const path of ['nope', 'about/nope.txt', 'assets/big.bin/x', 'index.html/x', 'empty.txt/x/y']) {
      expect((await ask(port, `/ipfs/${site.root}/${path}`)).status).toBe(404);
    }
  });

  it('offers a file for download under the given name', async () => {
    const port = await startGateway();
    const named = await ask(port, `/ipfs/${site.root}/empty.txt?filename=caf%C3%A9%22.txt`);
    expect(named.headers['content-disposition']).toBe(
      `inline; filename="caf__.txt"; filename*=UTF-8''caf%C3%A9%22.txt`,
    );
    const download = await ask(port, `/ipfs/${site.root}/empty.txt?download=true`);
    expect(download.headers['content-disposition']).toBe('attachment; filename="empty.txt"');
  });

  it('answers 304 when the client has the tag already', async () => {
    const port = await startGateway();
    const url = `/ipfs/${site.root}/assets/app.js`;
    for (const tag of [`"${cidOf('assets/app.js')}"`, `"x", W/"${cidOf('assets/app.js')}"`, '*']) {
      const reply = await ask(port, url, { headers: { 'if-none-match': tag } });
      expect([reply.status, reply.body.byteLength]).toEqual([304, 0]);
    }
    expect((await ask(port, url, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('refuses to write, and answers a CORS preflight', async () => {
    const port = await startGateway();
    expect((await ask(port, `/ipfs/${site.root}/`, { method: 'POST' })).status).toBe(405);
    const preflight = await ask(port, `/ipfs/${site.root}/`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('Range');
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-20', 10, 21],
    ['bytes=16383-16384', 16383, 16385],
    ['bytes=300000-', 300_000, BIG.byteLength],
    ['bytes=-5', BIG.byteLength - 5, BIG.byteLength],
    ['bytes=307000-99999999', 307_000, BIG.byteLength],
  ])('serves %s of a file of many blocks', async (range, start, end) => {
    const reply = await ask(await startGateway(), `/ipfs/${site.root}/assets/big.bin`, { headers: { range } });
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe(`bytes ${start}-${end - 1}/${BIG.byteLength}`);
    expect(reply.headers['content-length']).toBe(String(end - start));
    expect(reply.body.equals(BIG.subarray(start, end))).toBe(true);
  });

  it('refuses a range beyond the end with the size', async () => {
    const port = await startGateway();
    for (const range of [`bytes=${BIG.byteLength}-`, 'bytes=-0']) {
      const reply = await ask(port, `/ipfs/${site.root}/assets/big.bin`, { headers: { range } });
      expect([reply.status, reply.headers['content-range']]).toEqual([416, `bytes */${BIG.byteLength}`]);
    }
  });

  it('sends all for several ranges, nonsense, HEAD or an outdated If-Range', async () => {
    const port = await startGateway();
    const url = `/ipfs/${site.root}/assets/big.bin`;
    const requests: Ask[] = [
      { headers: { range: 'bytes=0-1,4-5' } },
      { headers: { range: 'bytes=5-1' } },
      { headers: { range: 'lines=1-2' } },
      { headers: { range: 'bytes=0-1', 'if-range': '"other"' } },
      { headers: { range: 'bytes=0-1' }, method: 'HEAD' },
    ];
    for (const request of requests) {
      const reply = await ask(port, url, request);
      expect([reply.status, reply.headers['content-length']]).toEqual([200, String(BIG.byteLength)]);
    }
  });
});

describe('trustless formats', () => {
  it('serves each block so that it hashes to its CID, by CID and by path', async () => {
    const port = await startGateway({ mode: 'shared' });
    for (const cid of [site.root, cidOf('assets/big.bin'), cidOf('index.html')]) {
      const byQuery = await ask(port, `/ipfs/${cid}?format=raw`);
      const byAccept = await ask(port, `/ipfs/${cid}`, { headers: { accept: 'application/vnd.ipld.raw' } });
      expect(createHash('sha256').update(byQuery.body).digest()).toEqual(Buffer.from(cid.multihash.digest));
      expect(byAccept.body.equals(byQuery.body)).toBe(true);
      expect(byQuery.headers['content-type']).toBe('application/vnd.ipld.raw');
      expect(byQuery.headers['content-disposition']).toBe(`attachment; filename="${cid}.bin"`);
      expect(byQuery.headers.etag).toBe(`"${cid}.raw"`);
    }
    const byPath = await ask(port, `/ipfs/${site.root}/assets/big.bin?format=raw`);
    expect(decode(byPath.body).Links.length).toBe(Math.ceil(BIG.byteLength / (16 * KIB)));
  });

  it('exports a whole DAG as a CAR that holds each block once', async () => {
    const port = await startGateway();
    const reply = await ask(port, `/ipfs/${sharded.root}`, { headers: { accept: 'application/vnd.ipld.car' } });
    expect(reply.headers['content-type']).toContain('application/vnd.ipld.car; version=1');
    const car = await readCar(reply.body);
    expect(car.roots).toEqual([sharded.root.toString()]);
    expect(new Set(car.cids).size).toBe(car.cids.length);
    const stored = { get: store.get };
    for await (const { cid } of recursive(sharded.root, stored)) {
      expect(car.cids).toContain(cid.toString());
    }
  });

  it('keeps to the scope: the block, the entity, or all below it, after the blocks of the path', async () => {
    const port = await startGateway();
    const carOf = async (path: string) => readCar((await ask(port, path)).body);
    const base = `/ipfs/${site.root}/assets/big.bin?format=car&dag-scope=`;
    const path = [site.root, cidOf('assets'), cidOf('assets/big.bin')].map(String);
    expect((await carOf(`${base}block`)).cids).toEqual(path);
    const entity = (await carOf(`${base}entity`)).cids;
    expect(entity.slice(0, 3)).toEqual(path);
    expect(entity).toHaveLength(3 + Math.ceil(BIG.byteLength / (16 * KIB)));
    expect((await carOf(`/ipfs/${site.root}?format=car&dag-scope=entity`)).cids).toEqual([site.root.toString()]);
    const shards = (await carOf(`/ipfs/${sharded.root}?format=car&dag-scope=entity`)).cids;
    expect(shards.length).toBeGreaterThan(1);
    expect(shards).not.toContain(cidOf('page 5.txt', sharded).toString());
  });

  it('puts the shards that lead to a name into the CAR of a path', async () => {
    const port = await startGateway();
    const reply = await ask(port, `/ipfs/${sharded.root}/page%205.txt?format=car&dag-scope=block`);
    const { cids } = await readCar(reply.body);
    const onlyThese = new Map(cids.map((cid) => [cid, blocks.get(cid) ?? new Uint8Array()]));
    const readBlock = (cid: CID) => Promise.resolve(onlyThese.get(cid.toString()));
    const offline = await startGateway({}, { readBlock });
    expect((await ask(offline, `/ipfs/${sharded.root}/page%205.txt`)).text).toBe('number 5');
  });

  it('refuses a scope or a format it does not know', async () => {
    const port = await startGateway();
    expect((await ask(port, `/ipfs/${site.root}?format=car&dag-scope=half`)).status).toBe(400);
    expect((await ask(port, `/ipfs/${site.root}?format=tar`)).status).toBe(406);
  });

  it('ignores the formats when it is told to have none', async () => {
    const port = await startGateway({ trustless: false });
    const reply = await ask(port, `/ipfs/${site.root}/?format=raw`, {
      headers: { accept: 'application/vnd.ipld.car' },
    });
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
  });
});

describe('addresses', () => {
  const on = (label: string) => ({ host: `${label}.ipfs.localhost:1234` });

  it('serves the root of a subdomain, and the path form on it', async () => {
    const port = await startGateway();
    const host = on(site.root.toString());
    expect((await ask(port, '/', host)).text).toBe(SITE['index.html']);
    expect((await ask(port, '/about/team.txt', host)).text).toBe('names');
    expect((await ask(port, '/about', host)).headers.location).toBe('/about/');
    expect((await ask(port, `/ipfs/${sharded.root}/page%201.txt`, host)).text).toBe('number 1');
  });

  it('serves CIDv0 and other bases by path, and redirects them to base32 CIDv1 as subdomain', async () => {
    const port = await startGateway();
    const others = [site.root.toV0().toString(), site.root.toString(base32upper), site.root.toString(base36)];
    for (const spelling of others) {
      expect((await ask(port, `/ipfs/${spelling}/about/team.txt`)).text).toBe('names');
      const reply = await ask(port, '/about/?x=1', on(spelling));
      expect([reply.status, reply.headers.location]).toEqual([
        301,
        `http://${site.root}.ipfs.localhost:1234/about/?x=1`,
      ]);
    }
  });

  it.each([
    ['/ipfs/', 400],
    ['/ipfs/bafybogus/index.html', 400],
    ['/ipfs/QmTooShort', 400],
    ['/elsewhere', 404],
    ['/', 404],
  ])('refuses %s with %i', async (path, status) => {
    const reply = await ask(await startGateway(), path);
    expect(reply.status).toBe(status);
    expect(reply.text.includes('ERR_ID:00004')).toBe(status === 400);
  });

  it('refuses malformed percent-encoding', async () => {
    const port = await startGateway();
    for (const path of ['%', '%zz', '%ff']) {
      expect((await ask(port, `/ipfs/${site.root}/${path}`)).status).toBe(400);
    }
  });

  it('refuses content that is not UnixFS, but serves its block', async () => {
    const port = await startGateway({ mode: 'shared' });
    const bytes = Buffer.from('{"a":1}');
    const digest = createHash('sha256').update(bytes).digest();
    const unknownCodec = CID.decode(Buffer.concat([Buffer.from([0x01, 0x51, 0x12, 0x20]), digest]));
    const notUnixfs = CID.decode(Buffer.concat([Buffer.from([0x01, 0x70, 0x12, 0x20]), digest]));
    blocks.set(unknownCodec.toString(), bytes);
    blocks.set(notUnixfs.toString(), bytes);
    expect((await ask(port, `/ipfs/${notUnixfs}`)).status).toBe(400);
    expect((await ask(port, `/ipfs/${notUnixfs}?format=raw`)).body.equals(bytes)).toBe(true);
    expect((await ask(port, `/ipfs/${unknownCodec}?format=raw`)).body.equals(bytes)).toBe(true);
  });

  it('serves an inline CID from itself', async () => {
    const inline = CID.decode(Buffer.concat([Buffer.from([0x01, 0x55, 0x00, 0x05]), Buffer.from('hello')]));
    const port = await startGateway({ mode: 'shared' });
    expect((await ask(port, `/ipfs/${inline}`)).text).toBe('hello');
  });
});

describe('_redirects', () => {
  it.each([
    ['/old', 301, '/about/team.txt'],
    ['/temp', 302, 'https://example.org/x'],
    ['/posts/2026/hello', 301, '/articles/2026/hello'],
    ['/splat/2026/hello', 200, 'an article'],
    ['/gone/for/good', 404, 'lost'],
    ['/about/team.txt', 200, 'names'],
  ])('answers %s with %i on a subdomain', async (path, status, target) => {
    const reply = await ask(await startGateway(), path, { host: `${site.root}.ipfs.localhost` });
    expect([reply.status, reply.headers.location ?? reply.text]).toEqual([status, target]);
  });

  it('answers 404 when no rule matches or the target is missing, and by path for all', async () => {
    const port = await startGateway();
    const host = `${site.root}.ipfs.localhost`;
    expect((await ask(port, '/unmatched', { host })).status).toBe(404);
    expect((await ask(port, '/void/x', { host })).status).toBe(404);
    expect((await ask(port, `/ipfs/${site.root}/old`)).status).toBe(404);
  });

  it.each([
    ['a status it does not know', '/a /b 299'],
    ['a rule without a target', '/a'],
    ['an asterisk in the middle', '/a/*/b /c'],
    ['a placeholder that is no name', '/:1x /c'],
    ['a file that is too large', `#${'x'.repeat(64 * KIB)}`],
  ])('answers 500 for %s', async (_, rules) => {
    const { root } = await addSite({ 'index.html': 'x', _redirects: rules });
    pinnedAt.set(root.toString(), NOW);
    const reply = await ask(await startGateway(), '/missing', { host: `${root}.ipfs.localhost` });
    expect(reply.status).toBe(500);
    expect(reply.text).toContain('_redirects');
  });
});

describe('modes', () => {
  it('dedicated: refuses HTML and every CID that is not the root of a pin', async () => {
    const port = await startGateway({ mode: 'dedicated' });
    expect((await ask(port, `/ipfs/${site.root}/about/team.txt`)).status).toBe(200);
    const child = await ask(port, `/ipfs/${cidOf('about/team.txt')}`);
    expect([child.status, child.text.includes('ERR_ID:00006')]).toEqual([403, true]);
    const html = await ask(port, `/ipfs/${site.root}/`);
    expect([html.status, html.text.includes('ERR_ID:00023')]).toEqual([403, true]);
    expect(html.headers['content-type']).toContain('text/plain');
  });

  it('custom-domain: serves HTML, still only from roots of pins', async () => {
    const port = await startGateway({ mode: 'custom-domain' });
    expect((await ask(port, `/ipfs/${site.root}/`)).status).toBe(200);
    expect((await ask(port, `/ipfs/${cidOf('index.html')}`)).status).toBe(403);
    expect((await ask(port, `/ipfs/${site.root.toV0()}/`)).status).toBe(200);
  });

  it('shared: serves any stored CID but no HTML, and 404 for content it lacks', async () => {
    const port = await startGateway({ mode: 'shared' });
    expect((await ask(port, `/ipfs/${cidOf('about/team.txt')}`)).text).toBe('names');
    expect((await ask(port, `/ipfs/${site.root}/`)).text).toContain('ERR_ID:00023');
  });

  it('public: serves pinned roots with HTML, and lets others hang until 504', async () => {
    const port = await startGateway({ mode: 'public', hangMs: 150 });
    expect((await ask(port, `/ipfs/${site.root}/`)).status).toBe(200);
    const before = Date.now();
    expect((await ask(port, `/ipfs/${cidOf('about/team.txt')}`)).status).toBe(504);
    expect(Date.now() - before).toBeGreaterThanOrEqual(140);
  });

  it('with a token, requires it in header or query and then opens any CID', async () => {
    const port = await startGateway({ token: 's3cret' });
    const child = `/ipfs/${cidOf('about/team.txt')}`;
    expect((await ask(port, child, { headers: { 'x-pinata-gateway-token': 's3cret' } })).text).toBe('names');
    expect((await ask(port, `${child}?pinataGatewayToken=s3cret`)).text).toBe('names');
    for (const path of [child, `${child}?pinataGatewayToken=wrong`, `/ipfs/${site.root}/`]) {
      expect((await ask(port, path)).status).toBe(403);
    }
  });

  it.each([
    ['dedicated', 403],
    ['custom-domain', 403],
    ['shared', 404],
    ['public', 504],
  ] as const)('%s: answers %i for content pinned more recently than the lag', async (mode, status) => {
    const port = await startGateway({ mode, gatewayLagMs: 1000 });
    const path = `/about/team.txt`;
    expect((await ask(port, `/ipfs/${site.root}${path}`)).status).toBe(status);
    pinnedAt.set(site.root.toString(), new Date(NOW.getTime() - 1000));
    expect((await ask(port, `/ipfs/${site.root}${path}`)).status).toBe(200);
    pinnedAt.set(site.root.toString(), NOW);
  });

  it('answers 504 when a block on the path is missing, and cuts the connection when one in a file is', async () => {
    const { root, cids } = await addSite({ 'f.bin': noise(100 * KIB), 'g.txt': 'x' }, { rawLeaves: false });
    pinnedAt.set(root.toString(), NOW);
    const file = cids.get('f.bin')?.toString() ?? '';
    const leaf =
      decode(blocks.get(file) ?? new Uint8Array())
        .Links.at(-1)
        ?.Hash.toString() ?? '';
    const port = await startGateway();
    blocks.delete(leaf);
    await expect(ask(port, `/ipfs/${root}/f.bin`)).rejects.toThrow();
    await expect(ask(port, `/ipfs/${root}?format=car`)).rejects.toThrow();
    blocks.delete(file);
    expect((await ask(port, `/ipfs/${root}/f.bin`)).status).toBe(504);
    expect((await ask(port, `/ipfs/${root}/g.txt`)).text).toBe('x');
  });
});

describe('lies', () => {
  it('html200: sends an error page with status 200 for any content', async () => {
    const port = await startGateway({ lies: 'html200' });
    const reply = await ask(port, `/ipfs/${site.root}/assets/app.js?format=raw`);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(reply.text).toContain('ERR_ID:');
  });

  it('wrong-bytes: changes one byte and nothing of the headers', async () => {
    const [honest, liar] = [await startGateway(), await startGateway({ lies: 'wrong-bytes' })];
    for (const path of ['/assets/big.bin', '/index.html', '?format=raw', '?format=car']) {
      const url = `/ipfs/${site.root}${path}`;
      const [good, bad] = [await ask(honest, url), await ask(liar, url)];
      expect({ ...bad.headers, date: '' }).toEqual({ ...good.headers, date: '' });
      expect(bad.body.byteLength).toBe(good.body.byteLength);
      expect(good.body.filter((byte, index) => byte !== bad.body[index])).toHaveLength(1);
    }
  });

  it('truncate: ends before the last byte and cuts the connection', async () => {
    const port = await startGateway({ lies: 'truncate' });
    for (const path of ['/assets/big.bin', '/index.html', '?format=car']) {
      await expect(ask(port, `/ipfs/${site.root}${path}`)).rejects.toThrow();
    }
  });
});

describe('large files', () => {
  const LARGE = Buffer.alloc(32 * 1024 * KIB, noise(KIB + 1));

  it('arrive whole through every level of their DAG', async () => {
    const { root } = await addSite({ 'large.bin': LARGE });
    const port = await startGateway({}, { isPinned: () => true });
    expect((await ask(port, `/ipfs/${root}/large.bin`)).body.equals(LARGE)).toBe(true);
    const range = 'bytes=17000000-17050000';
    const part = await ask(port, `/ipfs/${root}/large.bin`, { headers: { range } });
    expect(part.body.equals(LARGE.subarray(17_000_000, 17_050_001))).toBe(true);
  });

  it('are read only as fast as the client takes them', async () => {
    const { root } = await addSite({ 'large.bin': LARGE });
    // 2,048 leaves; what is read ahead is what fits the buffers of the two sockets.
    let reads = 0;
    const readBlock = (cid: CID) => {
      reads += 1;
      return Promise.resolve(blocks.get(cid.toString()));
    };
    const port = await startGateway({}, { readBlock, isPinned: () => true });
    await new Promise<void>((resolve, reject) => {
      const outgoing = httpRequest({ port, path: `/ipfs/${root}/large.bin` }, (response) => {
        response.pause();
        setTimeout(() => {
          outgoing.destroy();
          resolve();
        }, 300);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(reads).toBeGreaterThan(1);
    expect(reads).toBeLessThan(2048);
  });
});
