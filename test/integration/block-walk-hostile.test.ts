import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { type BlockWalkOptions, createBlockWalk } from '../../src/adapters/gateway/block-walk.ts';
import { readCarStream } from '../../src/adapters/gateway/car-stream.ts';
import { type Cid, cidOf, parseCid } from '../../src/domain/cid.ts';
import type { BlockCheck } from '../../src/domain/verification.ts';
import { craftedDag, textOfCid } from '../support/crafted-dag.ts';
import {
  type Behaviour,
  bombs,
  bombsInLayers,
  cutsOff,
  cutsOffInTheBody,
  drips,
  hintsForEver,
  honest,
  neverEnds,
  redirectsTo,
  redirectsToItself,
  says,
  sendsManyHeaders,
  stalls,
  stallsInTheBody,
  testGateway,
} from '../support/hostile-gateway.ts';
import { seededBytes } from '../support/seeded.ts';
import { wholeDag } from './whole-dag.ts';

const site = await wholeDag({
  'index.html': '<h1>hello</h1>',
  'assets/app.js': 'app()',
  'assets/big.bin': seededBytes(2 * 1024 * 1024 + 9, 3),
  'docs/a.txt': 'deep',
});
const { root } = site.build;
const QUICK = { answerMs: 400, retryDelaysMs: [50, 100, 150] } as const;

async function walk(
  gateways: readonly { readonly template: string }[],
  options: Partial<BlockWalkOptions> & { readonly of?: Cid; readonly dedicated?: boolean } = {},
): Promise<BlockCheck> {
  const { of = root, dedicated = false, ...rest } = options;
  const [check] = await createBlockWalk({
    gateways: gateways.map(({ template }) => ({ template, dedicated })),
    dedicatedKey: undefined,
    timeoutMs: 0,
    limits: QUICK,
    ...rest,
  })(of);
  if (check === undefined) throw new Error('no row');
  return check;
}

const HOSTILE: readonly (readonly [what: string, behaviour: Behaviour])[] = [
  ['answers a page', says(200, '<!doctype html><title>Welcome</title>', { 'content-type': 'text/html' })],
  ['refuses', says(403, 'ERR_ID:00024')],
  ['knows nothing', says(404)],
  ['answers nothing', says(200)],
  ['never ends', neverEnds],
  ['answers more in few bytes than memory holds', bombs],
  ['packs zeros in several layers', bombsInLayers],
  ['says gzip and sends none', says(200, 'no gzip', { 'content-encoding': 'gzip' })],
  ['redirects in a circle', redirectsToItself],
  ['redirects to nowhere', says(302, '', { location: 'nowhere://x' })],
  ['sends more headers than anybody keeps', sendsManyHeaders],
  ['hints for ever', hintsForEver],
  ['cuts off', cutsOff],
  ['cuts off in the body', cutsOffInTheBody],
  ['stalls', stalls],
  ['stalls in the body', stallsInTheBody],
  ['drips', drips],
];

describe('a gateway is not read that', () => {
  it.for(HOSTILE)('%s', async ([, behaviour]) => {
    await using gateway = await testGateway(site.blocks, () => behaviour);
    const began = performance.now();
    const check = await walk([gateway]);
    expect(check).toMatchObject({ blocks: 0, state: 'unread', host: gateway.host });
    expect(check.note).not.toBe('');
    expect(performance.now() - began).toBeLessThan(8000);
  });
});

const CARS: typeof HOSTILE = [...HOSTILE, ['sends the root alone', honest]];

describe('the blocks are read one by one where the CAR', () => {
  it.for(CARS)('of a gateway that %s', { timeout: 10_000 }, async ([, behaviour]) => {
    await using gateway = await testGateway(site.blocks, (_, url) => (url.includes('format=car') ? behaviour : honest));
    const check = await walk([gateway], { maxMs: 8000 });
    expect(check).toMatchObject({ state: 'whole', blocks: site.blocks.size });
    expect(check.note).toMatch(/; as a CAR it .+$/);
  });

  it('comes in any order, with blocks of others, and with CIDs of any kind', async () => {
    const { blocks } = await wholeDag({ other: 'content' });
    const frames = [...blocks, ...[...site.blocks].toReversed()].map(([cid, bytes]) =>
      frame(CID.parse(cid).bytes, bytes),
    );
    const odd = [Buffer.of(0), Buffer.of(1, 7), Buffer.of(3, 1, 0x55, 0x11), frame(Buffer.alloc(36, 1), Buffer.of(1))];
    await using gateway = await testGateway(site.blocks, (_, url) =>
      url.includes('format=car') ? says(200, Buffer.concat([header, ...odd, ...frames])) : honest,
    );
    expect(await walk([gateway])).toMatchObject({ state: 'whole', blocks: site.blocks.size });
  });

  it('says of a block that it is another one: that is a lie', async () => {
    const [one, other] = [...site.blocks.keys()].filter((cid) => cid.startsWith('bafkrei'));
    const swapped = [...site.blocks].map(([cid, bytes]) =>
      frame(CID.parse(cid).bytes, cid === one ? (site.blocks.get(other ?? cid) ?? bytes) : bytes),
    );
    await using gateway = await testGateway(site.blocks, (_, url) =>
      url.includes('format=car') ? says(200, Buffer.concat([header, ...swapped])) : honest,
    );
    const check = await walk([gateway]);
    expect(check.state).toBe('broken');
    expect(check.note).toContain(`sent other bytes for block ${one}`);
  });
});

describe('single blocks', () => {
  it('are asked for more often where the gateway is busy', async () => {
    const lost = [...site.blocks.keys()].at(-1) ?? '';
    let times = 0;
    await using gateway = await testGateway(site.blocks, (_, url) => {
      if (url.includes('format=car')) return says(400);
      if (!url.includes(lost)) return honest;
      times += 1;
      return times < 4 ? says(429) : honest;
    });
    expect(await walk([gateway])).toMatchObject({ state: 'whole', blocks: site.blocks.size });
  });

  it('are asked for a second time', async () => {
    const asked = new Map<string, number>();
    await using gateway = await testGateway(site.blocks, (_, url) => {
      const times = (asked.get(url) ?? 0) + 1;
      asked.set(url, times);
      if (url.includes('format=car')) return says(400);
      return times === 1 && !url.includes(root) ? says(429) : honest;
    });
    expect(await walk([gateway])).toMatchObject({ state: 'whole', blocks: site.blocks.size });
    expect([...asked.values()].filter((times) => times === 2)).toHaveLength(site.blocks.size - 1);
  });

  it.for([
    ['stalls', stalls, /^does not serve block \w+( of ".*")?: did not answer in time$/],
    ['drips', drips, /^does not serve block \w+( of ".*")?: did not answer in time$/],
    ['never ends', neverEnds, /: answered without an end$/],
    ['is busy', says(429), /: answered 429$/],
  ] as const)('end the reading where one of them %s', async ([, behaviour, note]) => {
    const lost = [...site.blocks.keys()].at(-1) ?? '';
    await using gateway = await testGateway(site.blocks, (_, url) => {
      if (url.includes('format=car')) return says(400);
      return url.includes(lost) ? behaviour : honest;
    });
    const check = await walk([gateway]);
    expect(check).toMatchObject({ state: 'broken' });
    expect(check.note).toMatch(note);
    expect(check.note).toContain(lost);
  });
});

describe('the time for all of it', () => {
  it('is kept, and what is missing is named', async () => {
    await using gateway = await testGateway(site.blocks, (_, url) =>
      url.includes(`${root}?format=raw`) ? honest : stalls,
    );
    const began = performance.now();
    const check = await walk([gateway], { maxMs: 700, limits: { answerMs: 60_000 } });
    expect(performance.now() - began).toBeLessThan(4000);
    expect(check).toMatchObject({ state: 'broken', blocks: 1 });
    expect(check.note).toMatch(/^did not send all of it in time; missing is block \w+ of ".+" and \d more$/);
  });

  it('is not all taken by the first gateway', async () => {
    await using slow = await testGateway(site.blocks, () => stalls);
    await using good = await testGateway(site.blocks, () => honest);
    const gateways = [slow, good].map(({ template }) => ({ template, dedicated: false }));
    const options = { gateways, dedicatedKey: undefined, timeoutMs: 0, maxMs: 2000, limits: { answerMs: 60_000 } };
    const checks = await createBlockWalk(options)(root);
    expect(checks.map(({ state }) => state)).toEqual(['unread', 'whole']);
  });

  it('ends the wait for fresh content too', async () => {
    await using gateway = await testGateway(site.blocks, () => says(404));
    const began = performance.now();
    expect(await walk([gateway], { timeoutMs: 60_000, maxMs: 500 })).toMatchObject({ state: 'unread' });
    expect(performance.now() - began).toBeLessThan(4000);
  });
});

it('a key does not follow a redirect', async () => {
  await using elsewhere = await testGateway(site.blocks);
  await using own = await testGateway(site.blocks, () => redirectsTo(elsewhere.url));
  const check = await walk([own], { dedicated: true, dedicatedKey: 'key-1' });
  expect(check).toMatchObject({ state: 'unread' });
  expect(elsewhere.seen).toEqual([]);
  expect(JSON.stringify(check)).not.toContain('key-1');
});

describe('a DAG that stands for more than memory holds', () => {
  const dag = craftedDag();
  const rootOf = (cid: Uint8Array): Cid => {
    const found = parseCid(textOfCid(cid));
    if (found === undefined) throw new Error('no root');
    return found;
  };
  const leaf = dag.raw('leaf');

  it('as one block that is linked a million times is read once', async () => {
    const names = (count: number): readonly string[] => Array.from({ length: count }, (_, nth) => `${nth}`);
    let node = dag.node(
      'directory',
      names(1000).map((name) => ({ name, cid: leaf, tsize: 4 })),
    );
    for (let level = 0; level < 4; level += 1) {
      const below = node;
      node = dag.node(
        'directory',
        names(1000).map((name) => ({ name, cid: below, tsize: 0 })),
      );
    }
    await using gateway = await testGateway(dag.blocks);
    expect(await walk([gateway], { of: rootOf(node) })).toMatchObject({ state: 'whole', blocks: 6 });
    expect(gateway.seen.length).toBeLessThanOrEqual(7);
  });

  it('as a chain of thousands of levels is followed', async () => {
    let node = leaf;
    for (let level = 0; level < 1500; level += 1) node = dag.node('directory', [{ name: `level-${level}`, cid: node }]);
    await using gateway = await testGateway(dag.blocks);
    expect(await walk([gateway], { of: rootOf(node) })).toMatchObject({ state: 'whole', blocks: 1501 });
  }, 20_000);
});

const header = ((): Buffer => {
  const parts = [Buffer.from('\xa2eroots\x81\xd8\x2a\x58\x25\x00', 'latin1'), CID.parse(root).bytes];
  const map = Buffer.concat([...parts, Buffer.from('gversion\x01', 'latin1')]);
  return Buffer.concat([Buffer.of(map.length), map]);
})();

function frame(cid: Uint8Array, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = cid.length + bytes.length;
  for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...length, rest]), cid, bytes]);
}

/** A CAR server whose frames are made while they are sent. */
async function streamed(of: Cid, rootBlock: Uint8Array, frames: () => Iterable<Uint8Array>) {
  const sent = { bytes: 0 };
  const server = createServer((request, response: ServerResponse) => {
    response.on('error', () => undefined);
    if (request.url?.includes('format=car') !== true) {
      const isRoot = request.url?.includes(of) === true;
      response
        .writeHead(isRoot ? 200 : 404, { 'content-type': 'application/vnd.ipld.raw' })
        .end(isRoot ? rootBlock : '');
      return;
    }
    const body = function* (): Generator<Uint8Array> {
      for (const piece of frames()) {
        sent.bytes += piece.length;
        yield piece;
      }
    };
    Readable.from(body(), { objectMode: false }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    sent,
    template: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ipfs/{cid}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('memory stays small', () => {
  it('while a CAR of 100 MB is read', async () => {
    const count = 400;
    const block = (nth: number): Buffer => {
      const bytes = Buffer.alloc(262_144, nth & 0xff);
      bytes.writeUInt32BE(nth);
      return bytes;
    };
    const dag = craftedDag();
    const cids = Array.from({ length: count }, (_, nth) => {
      const cid = dag.put(block(nth), 0x55);
      dag.blocks.clear();
      return cid;
    });
    const top = dag.node(
      'file',
      cids.map((cid) => ({ name: '', cid, tsize: 262_144 })),
    );
    const of = cidOf(CID.decode(top));
    const bytes = dag.blocks.get(textOfCid(top)) ?? Buffer.of();
    await using gateway = await streamed(of, bytes, function* () {
      yield header;
      yield frame(top, bytes);
      for (const [nth, cid] of cids.entries()) yield frame(cid, block(nth));
    });
    const before = process.memoryUsage.rss();
    let peak = before;
    const check = await walk([gateway], {
      of,
      onProgress: () => {
        peak = Math.max(peak, process.memoryUsage.rss());
      },
    });
    expect(check).toMatchObject({ state: 'whole', blocks: count + 1 });
    expect(check.bytes).toBeGreaterThan(100_000_000);
    // The server makes its blocks in the same process.
    expect(peak - before).toBeLessThan(90 * 1024 * 1024);
  }, 30_000);

  it('and no more is taken of a CAR than the DAG has', async () => {
    const tiny = frame(CID.parse('bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy').bytes, Buffer.of());
    const piece = Buffer.concat(Array.from({ length: 1500 }, () => tiny));
    const bytes = site.blocks.get(root) ?? Buffer.of();
    await using gateway = await streamed(root, bytes, function* () {
      yield header;
      for (;;) yield piece;
    });
    const began = performance.now();
    const check = await walk([gateway], { limits: { answerMs: 10_000 } });
    expect(check).toMatchObject({ state: 'broken', blocks: 1 });
    expect(gateway.sent.bytes).toBeLessThan(24 * 1024 * 1024);
    expect(performance.now() - began).toBeLessThan(10_000);
  }, 20_000);
});

describe('a CAR as a stream', () => {
  const read = async (chunks: readonly Uint8Array[], maxBytes = 100_000_000) => {
    const found: string[] = [];
    const end = await readCarStream(Readable.from(chunks), {
      maxBytes,
      take: ({ cid, bytes }) => found.push(`${cid} ${bytes.length}`) > 0,
    });
    return { end, found };
  };
  const whole = [...site.blocks].map(([cid, bytes]) => `${cid} ${bytes.length}`);

  it('has the same blocks however it is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 }),
        async (sizes) => {
          const chunks: Buffer[] = [];
          for (let at = 0, nth = 0; at < site.car.length; nth += 1) {
            const end = at + (sizes[nth % sizes.length] ?? 1);
            chunks.push(site.car.subarray(at, end));
            at = end;
            if (nth > 3000) {
              chunks.push(site.car.subarray(at));
              break;
            }
          }
          expect(await read(chunks)).toEqual({ end: 'end', found: whole });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('tells where it was cut', async () => {
    expect(await read([site.car.subarray(0, -1)])).toMatchObject({ end: 'cut' });
    expect(await read([site.car.subarray(0, 3)])).toMatchObject({ end: 'cut', found: [] });
    expect(await read([site.car], 1000)).toMatchObject({ end: 'long' });
  });

  it.for([
    ['a page', Buffer.from('<!doctype html><title>some page that is long enough</title>'.repeat(3))],
    ['a frame of 5 MiB', Buffer.of(0x80, 0x80, 0xc0, 0x02)],
    ['a length without an end', Buffer.alloc(40, 0x80)],
  ] as const)('is not %s', async ([, bytes]) => {
    await expect(read([bytes])).rejects.toThrow(/CAR/);
  });
});
