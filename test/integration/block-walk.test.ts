import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { createGateway, type GatewayOptions } from '../../emulator/gateway.ts';
import { type BlockWalkOptions, createBlockWalk } from '../../src/adapters/gateway/block-walk.ts';
import { type Cid, cidOf, parseCid } from '../../src/domain/cid.ts';
import { decodeNode } from '../../src/domain/unixfs-node.ts';
import type { BlockCheck } from '../../src/domain/verification.ts';
import { craftedDag, identityCid, textOfCid } from '../support/crafted-dag.ts';
import { carOf } from '../support/hostile-gateway.ts';
import { seededBytes, seededNumbers } from '../support/seeded.ts';
import type { Tree } from './tree-pairs.ts';
import { type WholeDag, wholeDag } from './whole-dag.ts';

interface Served extends GatewayOptions {
  readonly pinnedMsAgo?: number;
  /** What the gateway has instead of some blocks; undefined for what it lost. */
  readonly instead?: ReadonlyMap<Cid, Uint8Array | undefined>;
}

type Dag = Pick<WholeDag, 'blocks'> & { readonly root: Cid };

/** A gateway of the emulator that has the blocks of a DAG. */
async function serve({ root, blocks }: Dag, { pinnedMsAgo = 1000, instead, ...options }: Served = {}) {
  const seen: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
  const pinnedAt = new Date(Date.now() - pinnedMsAgo);
  const gateway = createGateway(
    {
      readBlock: async (cid) => (instead?.has(cidOf(cid)) ? instead.get(cidOf(cid)) : blocks.get(cidOf(cid))),
      isPinned: (cid) => cidOf(cid) === root,
      pinnedSince: (cid) => (cidOf(cid) === root ? pinnedAt : undefined),
      now: () => new Date(),
    },
    options,
  );
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    void gateway(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    seen,
    template: `http://${host}/ipfs/{cid}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function dagOf(tree: Tree, profile?: Parameters<typeof wholeDag>[1]): Promise<Dag> {
  const { build, blocks } = await wholeDag(tree, profile);
  return { root: build.root, blocks };
}

type Asked = Partial<BlockWalkOptions> & { readonly dedicated?: boolean };

async function walk(
  root: Cid,
  gateways: readonly { readonly template: string }[],
  { dedicated = false, ...options }: Asked = {},
): Promise<readonly BlockCheck[]> {
  return await createBlockWalk({
    gateways: gateways.map(({ template }) => ({ template, dedicated })),
    dedicatedKey: undefined,
    timeoutMs: 0,
    ...options,
  })(root);
}

async function checkOne(dag: Dag, served: Served = {}, asked: Asked = {}): Promise<BlockCheck> {
  await using gateway = await serve(dag, served);
  const [check] = await walk(dag.root, [gateway], { dedicated: served.mode !== 'public', ...asked });
  if (check === undefined) throw new Error('no row');
  return check;
}

const bytesOf = ({ blocks }: Dag): number => [...blocks.values()].reduce((sum, { length }) => sum + length, 0);

const MIB = 1024 * 1024;
const SITE: Tree = {
  'index.html': '<h1>hello</h1>',
  'assets/app.js': 'app()',
  'assets/copy.js': 'app()',
  'assets/big.bin': seededBytes(3 * MIB + 5, 7),
  'docs/a/b/c.txt': 'deep',
  'empty.txt': '',
  'naïve ☕ %.txt': 'name',
};
const site = await dagOf(SITE);
/** A directory that is too large for one block. */
const sharded = await dagOf(
  Object.fromEntries(Array.from({ length: 1500 }, (_, nth) => [`t/${'n'.repeat(240)}-${nth}`, `${nth % 40}`])),
);

describe('a DAG that is served whole is whole', () => {
  it.for([
    ['a public gateway', { mode: 'public' }],
    ['a dedicated gateway', { mode: 'dedicated' }],
    ['a custom domain', { mode: 'custom-domain' }],
    ['a shared gateway', { mode: 'shared' }],
  ] as const)('by %s, in two requests', async ([, options]) => {
    await using gateway = await serve(site, options);
    const [check] = await walk(site.root, [gateway], { dedicated: options.mode !== 'public' });
    expect(check).toMatchObject({
      host: gateway.host,
      state: 'whole',
      blocks: site.blocks.size,
      bytes: bytesOf(site),
      note: 'has all blocks, each with the bytes of its CID',
    });
    expect(check?.totalBytes).toBeGreaterThanOrEqual(bytesOf(site));
    expect(gateway.seen.map(({ url }) => url)).toEqual([
      `/ipfs/${site.root}?format=raw`,
      `/ipfs/${site.root}?format=car&dag-scope=all`,
    ]);
    expect(gateway.seen.every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
  });

  it.for(['unixfs-v0-2015', 'pinata-folder'] as const)('by the rules of %s', async (profile) => {
    const dag = await dagOf(SITE, profile);
    expect(await checkOne(dag)).toMatchObject({ state: 'whole', blocks: dag.blocks.size });
  });

  it('as a single block', async () => {
    const [root, block] = [...site.blocks].find(([cid]) => cid.startsWith('bafkrei')) ?? [];
    if (root === undefined || block === undefined) throw new Error('no leaf');
    const check = await checkOne({ root, blocks: new Map([[root, block]]) });
    expect(check).toMatchObject({ state: 'whole', blocks: 1, bytes: block.length, totalBytes: block.length });
  });

  it('with shards, and with blocks inside of CIDs, which nobody has to serve', async () => {
    expect(await checkOne(sharded)).toMatchObject({ state: 'whole', blocks: sharded.blocks.size });
    const dag = craftedDag();
    const inside = dag.node('directory', [{ name: 'x', cid: dag.raw('below') }]);
    const inline = identityCid(Buffer.from(dag.blocks.get(textOfCid(inside)) ?? ''), 0x70);
    const root = dag.node('directory', [
      { name: 'a', cid: identityCid(Buffer.from('inline')) },
      { name: 'b', cid: inline },
    ]);
    dag.blocks.delete(textOfCid(inside));
    expect(await checkOne(crafted(root, dag.blocks))).toMatchObject({ state: 'whole', blocks: 2 });
  });

  it('tells how far it is', async () => {
    const steps: (readonly [number, number])[] = [];
    const check = await checkOne(site, {}, { onProgress: (bytes, total) => steps.push([bytes, total]) });
    expect(steps.at(-1)).toEqual([bytesOf(site), check.totalBytes]);
    expect(steps.map(([bytes]) => bytes)).toEqual(steps.map(([bytes]) => bytes).sort((a, b) => a - b));
  });
});

describe('where a gateway sends no CAR of all of it, blocks are read one by one', () => {
  /** Answers 400 to a CAR of the whole. */
  const withoutCars = async (dag: Dag, options: Served) => await proxied(dag, options, /dag-scope=all/);

  it('by CID from a public gateway', async () => {
    await using gateway = await withoutCars(site, { mode: 'shared' });
    const [check] = await walk(site.root, [gateway]);
    expect(check).toMatchObject({ state: 'whole', blocks: site.blocks.size });
    expect(check?.note).toBe('has all blocks, each with the bytes of its CID; as a CAR it answered 400');
    const urls = gateway.seen.map(({ url }) => url).filter((url) => !url.includes('car'));
    expect(urls.sort()).toEqual([...site.blocks.keys()].map((cid) => `/ipfs/${cid}?format=raw`).sort());
  });

  it('by path from a dedicated gateway, and the parts of a file as the CAR of its path', async () => {
    await using gateway = await withoutCars(site, { mode: 'dedicated' });
    const [check] = await walk(site.root, [gateway], { dedicated: true });
    expect(check).toMatchObject({ state: 'whole', blocks: site.blocks.size, bytes: bytesOf(site) });
    const urls = gateway.seen.map(({ url }) => url);
    expect(urls).toContain(`/ipfs/${site.root}/assets/big.bin?format=car&dag-scope=entity`);
    expect(urls).toContain(`/ipfs/${site.root}/na%C3%AFve%20%E2%98%95%20%25.txt?format=raw`);
    expect(urls.filter((url) => url.includes('copy.js') || url.includes('app.js'))).toHaveLength(1);
    expect(urls.every((url) => url.startsWith(`/ipfs/${site.root}`))).toBe(true);
  });

  it('and shards as the CAR of their directory', async () => {
    await using gateway = await withoutCars(sharded, { mode: 'dedicated' });
    const [check] = await walk(sharded.root, [gateway], { dedicated: true });
    expect(check).toMatchObject({ state: 'whole', blocks: sharded.blocks.size });
    expect(gateway.seen.filter(({ url }) => url.includes('dag-scope=entity'))).toHaveLength(1);
  });

  it('and where a CAR broke off, only what is missing', async () => {
    await using gateway = await proxied(site, { mode: 'dedicated' }, /dag-scope=all/, 'cut');
    const [check] = await walk(site.root, [gateway], { dedicated: true });
    expect(check).toMatchObject({ state: 'whole', blocks: site.blocks.size });
    expect(check?.note).toMatch(/; as a CAR it (broke off|could not be reached.*)$/);
    expect(gateway.seen.length).toBeLessThan(2 + site.blocks.size);
  });
});

/** A gateway that sends of one file the blocks that lie at the place it is asked for, first those above, and no others. */
async function byPlace(dag: Dag, name: string) {
  const inner = await serve(dag, {});
  const sent = { bytes: 0 };
  const cidIn = (bytes: Uint8Array): Cid => cidOf(CID.decode(bytes));
  const linked = decodeNode(dag.blocks.get(dag.root) ?? Buffer.alloc(0))?.links.find((link) => link.name === name);
  const file = linked === undefined ? dag.root : cidIn(linked.cid);

  function* overlapping(cid: Cid, at: number, wanted: readonly [number, number]): Generator<[Cid, Uint8Array]> {
    const block = dag.blocks.get(cid) ?? Buffer.alloc(0);
    yield [cid, block];
    const node = cid.startsWith('bafk') ? undefined : decodeNode(block);
    let start = at;
    for (const [index, link] of (node?.links ?? []).entries()) {
      const end = start + (node?.partBytes[index] ?? 0);
      if (start <= wanted[1] && end > wanted[0]) yield* overlapping(cidIn(link.cid), start, wanted);
      start = end;
    }
  }

  const server = createServer((request, response) => {
    const range = /entity-bytes=(\d+):(\d+)$/.exec(request.url ?? '');
    if (range === null) {
      void fetch(`http://${inner.host}${request.url ?? ''}`).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
      return;
    }
    void carOf(file, overlapping(file, 0, [Number(range[1]), Number(range[2])])).then((car) => {
      sent.bytes += car.length;
      response.writeHead(200, { 'content-type': 'application/vnd.ipld.car' }).end(car);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    sent,
    template: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ipfs/{cid}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inner[Symbol.asyncDispose]();
    },
  };
}

/** A gateway that refuses some requests, or cuts their answers after 64 KiB. */
async function proxied(dag: Dag, options: Served, refuse: RegExp, how: 'refuse' | 'cut' = 'refuse') {
  const inner = await serve(dag, options);
  const seen: { url: string }[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    seen.push({ url });
    if (refuse.test(url) && how === 'refuse') {
      response.writeHead(400).end('no CARs here');
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    void fetch(`http://${inner.host}${url}`, { headers: { ...headers, host: inner.host } }).then(async (answer) => {
      const body = Buffer.from(await answer.arrayBuffer());
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      if (refuse.test(url)) response.write(body.subarray(0, 65_536), () => response.destroy());
      else response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    seen,
    template: `http://${host}/ipfs/{cid}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inner[Symbol.asyncDispose]();
    },
  };
}

function crafted(root: Uint8Array, blocks: ReadonlyMap<string, Uint8Array>): Dag {
  const found = parseCid(textOfCid(root));
  if (found === undefined) throw new Error('no root');
  return { root: found, blocks: new Map([...blocks].map(([cid, bytes]) => [cidOf(CID.parse(cid)), bytes])) };
}

describe('one wrong block is found, and named', () => {
  const others = [...site.blocks].filter(([cid, bytes]) => cid !== site.root && bytes.length > 0);

  it.for(['dedicated', 'public'] as const)('whichever it is, whichever byte: %s', async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...others),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (block, at, by) => {
          const [cid, bytes] = block;
          const wrong = Buffer.from(bytes);
          wrong[at % bytes.length] = (wrong[at % bytes.length] ?? 0) ^ by;
          const check = await checkOne(site, { mode, instead: new Map([[cid, wrong]]) });
          expect(check).toMatchObject({ state: 'broken' });
          expect(check.note).toContain(`sent other bytes for block ${cid}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('with the path of its file', async () => {
    const [cid] = others.find(([, bytes]) => Buffer.from(bytes).toString() === 'deep') ?? [];
    if (cid === undefined) throw new Error('no block');
    const check = await checkOne(site, { instead: new Map([[cid, Buffer.from('keep')]]) });
    expect(check.note).toBe(`sent other bytes for block ${cid} of "docs/a/b/c.txt"`);
    expect(check.blocks).toBeLessThan(site.blocks.size);
  });

  it('and so is the root', async () => {
    const check = await checkOne(site, { lies: 'wrong-bytes' });
    expect(check).toMatchObject({ state: 'broken', blocks: 0, note: `sent other bytes for block ${site.root}` });
  });

  it('and one that is missing', async () => {
    for (const mode of ['dedicated', 'shared'] as const) {
      const [cid] = others.find(([, bytes]) => Buffer.from(bytes).toString() === 'deep') ?? [];
      if (cid === undefined) throw new Error('no block');
      const served = { mode, hangMs: 10, instead: new Map([[cid, undefined]]) };
      const check = await checkOne(site, served, { dedicated: mode === 'dedicated' });
      expect(check).toMatchObject({ state: 'broken', blocks: site.blocks.size - 1 });
      expect(check.note).toBe(`does not serve block ${cid} of "docs/a/b/c.txt": answered 504`);
    }
  });
});

describe('a gateway that gives no block is not read, and says why:', () => {
  it.for([
    ['no trustless answers', { trustless: false, mode: 'custom-domain' }, 'answered with a page, not a block'],
    ['no trustless answers and no HTML', { trustless: false }, 'serves pages and files, but no blocks (ERR_ID:00023)'],
    ['an error page for everything', { lies: 'html200' }, /^does not have the content yet/],
    ['an answer that breaks off', { lies: 'truncate' }, /^could not be reached/],
    ['a key that is wanted', { token: 'secret' }, 'refuses this content or its key (ERR_ID:00024)'],
    [
      'content that is not there yet',
      { gatewayLagMs: 60_000 },
      'does not have the content yet, or gives it out under its root only (ERR_ID:00006)',
    ],
  ] as const)('%s', async ([, served, note]) => {
    const check = await checkOne(site, served);
    expect(check).toMatchObject({ state: 'unread', blocks: 0, bytes: 0, totalBytes: undefined });
    expect(check.note).toMatch(note);
  });

  it('a CID that nobody can check', async () => {
    const root = parseCid('bafkqabtimvwgy3yk');
    if (root === undefined) throw new Error('no CID');
    expect(await checkOne({ root, blocks: new Map() })).toMatchObject({ state: 'broken', blocks: 0 });
  });

  it.for([
    ['sha1', Buffer.concat([Buffer.of(1, 0x55, 0x11, 20), Buffer.alloc(20)]), /something else than sha2-256$/],
    ['DAG-CBOR', Buffer.concat([Buffer.of(1, 0x71, 0x12, 32), Buffer.alloc(32)]), /something else than UnixFS$/],
  ] as const)('not blocks of %s', async ([, cid, note]) => {
    const dag = craftedDag();
    const check = await checkOne(crafted(dag.node('directory', [{ name: 'a', cid }]), dag.blocks));
    expect(check.state).toBe('broken');
    expect(check.note).toMatch(note);
  });
});

describe('fresh content', () => {
  it('is waited for', async () => {
    const check = await checkOne(site, { gatewayLagMs: 2500, pinnedMsAgo: 0 }, { timeoutMs: 8000 });
    expect(check).toMatchObject({ state: 'whole' });
  }, 10_000);

  it('is not waited for where the answer is final', async () => {
    const began = performance.now();
    expect(await checkOne(site, { token: 'secret' }, { timeoutMs: 60_000 })).toMatchObject({ state: 'unread' });
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('gateways are asked in order', () => {
  it('until one has all', async () => {
    await using bad = await serve(site, { lies: 'html200' });
    await using good = await serve(site, {});
    await using unasked = await serve(site, {});
    const checks = await walk(site.root, [bad, good, unasked], { dedicated: true });
    expect(checks.map(({ host, state }) => [host, state])).toEqual([
      [bad.host, 'unread'],
      [good.host, 'whole'],
    ]);
    expect(unasked.seen).toEqual([]);
  });

  it('and the key goes to the dedicated one only', async () => {
    await using own = await serve(site, { token: 'key-1', lies: 'html200' });
    await using open = await serve(site, { mode: 'public' });
    const gateways = [
      { template: own.template, dedicated: true },
      { template: open.template, dedicated: false },
    ];
    const checks = await createBlockWalk({ gateways, dedicatedKey: 'key-1', timeoutMs: 0 })(site.root);
    expect(checks.map(({ state }) => state)).toEqual(['unread', 'whole']);
    expect(own.seen.every(({ headers }) => headers['x-pinata-gateway-token'] === 'key-1')).toBe(true);
    expect(open.seen.every(({ headers }) => headers['x-pinata-gateway-token'] === undefined)).toBe(true);
    expect([...own.seen, ...open.seen].every(({ url }) => !url.includes('key-1'))).toBe(true);
  });

  it('none is no row', async () => {
    expect(await walk(site.root, [])).toEqual([]);
  });
});

describe('of a large DAG a sample is read', () => {
  const large = dagOf(
    Object.fromEntries([
      ...Array.from({ length: 400 }, (_, nth) => [`d${nth % 20}/f${nth}.txt`, seededBytes(20_000, nth + 1)] as const),
      ['video.mp4', seededBytes(12 * MIB, 999)],
    ]),
  );
  const limits = { wholeBytes: 1_000_000, descents: 16 };
  const randomBy = (seed: number): (() => number) => {
    const next = seededNumbers(seed);
    return () => next() / 2 ** 32;
  };

  it.for(['public', 'dedicated'] as const)('by chance, and said so: %s', async (mode) => {
    const dag = await large;
    await using gateway = await serve(dag, { mode, token: mode === 'public' ? 'any' : undefined });
    const [check] = await walk(dag.root, [gateway], {
      dedicated: true,
      dedicatedKey: 'any',
      limits,
      random: randomBy(5),
    });
    expect(check?.state).toBe('sample');
    expect(check?.note).toMatch(/^has \d+ of about [\d,]+ blocks, drawn by chance, each with the bytes of its CID$/);
    expect(check?.blocks).toBeGreaterThan(10);
    expect(check?.blocks).toBeLessThan(60);
    expect(check?.totalBytes).toBeGreaterThan(20_000_000);
    expect(gateway.seen.some(({ url }) => url.includes('dag-scope=all'))).toBe(false);
  });

  it('another one for other numbers, and the same one for the same', async () => {
    const dag = await large;
    const read = async (seed: number): Promise<string> => {
      await using gateway = await serve(dag, {});
      await walk(dag.root, [gateway], { dedicated: true, limits, random: randomBy(seed) });
      return gateway.seen
        .map(({ url }) => url)
        .sort()
        .join('\n');
    };
    const [one, again, other] = [await read(3), await read(3), await read(4)];
    expect(one).toBe(again);
    expect(one).not.toBe(other);
  });

  it('by CID where the gateway answers CIDs', async () => {
    const dag = await large;
    await using gateway = await anyCid(dag);
    const [check] = await walk(dag.root, [gateway], { limits, random: randomBy(8) });
    expect(check?.state).toBe('sample');
    expect(gateway.seen.every(({ url }) => /^\/ipfs\/baf\w+\?format=raw$/.test(url))).toBe(true);
    expect(gateway.seen).toHaveLength(check?.blocks ?? 0);
  });

  it('and the number of blocks is estimated well', async () => {
    const dag = await large;
    const check = await checkOne(dag, {}, { limits: { ...limits, descents: 64 }, random: randomBy(2) });
    const about = Number(/about ([\d,]+) /.exec(check.note)?.[1]?.replaceAll(',', ''));
    expect(about).toBeGreaterThan(dag.blocks.size * 0.6);
    expect(about).toBeLessThan(dag.blocks.size * 1.6);
  });

  it('and parts of a file by their place in it; without those where the gateway sends all of the file', async () => {
    const dag = await large;
    await using gateway = await serve(dag, {});
    const [check] = await walk(dag.root, [gateway], {
      dedicated: true,
      limits: { ...limits, descents: 64, partBytes: MIB },
      random: randomBy(6),
    });
    const parts = gateway.seen.map(({ url }) => url).filter((url) => url.includes('entity'));
    expect(parts[0]).toMatch(/\/video\.mp4\?format=car&dag-scope=entity&entity-bytes=\d+:\d+$/);
    expect(check?.state).toBe('sample');
    expect(check?.note).toMatch(/each with the bytes of its CID; \d+ more could not be asked for one by one$/);
  });

  it('and each part by itself, where the gateway sends the place that it is asked for', async () => {
    const dag = await large;
    await using gateway = await byPlace(dag, 'video.mp4');
    const [check] = await walk(dag.root, [gateway], {
      dedicated: true,
      // Two parts lie further apart than is read at once.
      limits: { ...limits, descents: 64, partBytes: 2 * MIB },
      random: randomBy(6),
    });
    expect(check?.state).toBe('sample');
    expect(check?.note).toMatch(/each with the bytes of its CID$/);
    expect(gateway.sent.bytes).toBeLessThan(14 * MIB);
  });

  it('and is broken where a block of it is', async () => {
    const dag = await large;
    const wrong = new Map([...dag.blocks].filter(([cid]) => cid !== dag.root).map(([cid]) => [cid, Buffer.from('x')]));
    expect(await checkOne(dag, { instead: wrong }, { limits })).toMatchObject({ state: 'broken' });
  });

  it('also of one that has too many blocks to keep in mind, or to ask for', async () => {
    const dag = await large;
    expect(await checkOne(dag, {}, { limits: { blocks: 200, descents: 4 } })).toMatchObject({ state: 'sample' });
    await using gateway = await proxied(dag, {}, /dag-scope=all/);
    const [check] = await walk(dag.root, [gateway], { dedicated: true, limits: { requests: 100, descents: 4 } });
    expect(check).toMatchObject({ state: 'sample' });
  });

  /** A gateway that answers any CID. */
  async function anyCid(dag: Dag) {
    return await serve(dag, { mode: 'shared' });
  }
});
