import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarWriter } from '@ipld/car';
import * as dagPb from '@ipld/dag-pb';
import fc from 'fast-check';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { expect, test } from 'vitest';
import { writeCar } from '../../src/adapters/unixfs/car-file.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Onlooker } from '../../src/ports.ts';
import { readRange } from '../support/car-blocks.ts';
import { craftedNode } from '../support/crafted-dag.ts';
import { dagContent } from '../support/dag-content.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { trees } from '../support/dag-trees.ts';
import { oracleCar } from '../support/oracle-cid.ts';
import { refusal } from '../support/refusal.ts';

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

const RAW = 0x55;

async function blockOf(codec: number, bytes: Uint8Array): Promise<Block> {
  return { cid: CID.createV1(codec, await sha256.digest(bytes)), bytes };
}

function directoryOf(links: Readonly<Record<string, Block>>): Promise<Block> {
  const Links = Object.entries(links).map(([Name, { cid, bytes }]) => ({ Name, Hash: cid, Tsize: bytes.length }));
  return nodeOf(new UnixFS({ type: 'directory' }), Links);
}

function nodeOf(unixfs: UnixFS, links: readonly dagPb.PBLink[]): Promise<Block> {
  return blockOf(dagPb.code, dagPb.encode({ Data: unixfs.marshal(), Links: [...links] }));
}

async function carOf(roots: readonly CID[], blocks: readonly Block[]): Promise<Buffer> {
  const { writer, out } = CarWriter.create([...roots]);
  const written = (async () => {
    for (const block of blocks) await writer.put(block);
    await writer.close();
  })();
  const pieces: Uint8Array[] = [];
  for await (const piece of out) pieces.push(piece);
  await written;
  return Buffer.concat(pieces);
}

/** What becomes of bytes in a file called `site.car`. */
async function read(bytes: Uint8Array) {
  using content = dagContent();
  const source = join(content.directory, 'site.car');
  writeFileSync(source, bytes);
  const build = await buildDag({ kind: 'car', source }, 'unixfs-v1-2025');
  return { ...build, served: await readRange(build.car) };
}

const leaf = await blockOf(RAW, Buffer.from('hello'));
const other = await blockOf(RAW, Buffer.from('other'));
const root = await directoryOf({ 'a.txt': leaf });

test.for(PROFILES)("%s: a build's own CAR gives the same root, listing and CAR", async (profile) => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      using content = dagContent();
      const build = await buildDag({ kind: 'directory', entries: content.entries(Object.fromEntries(tree)) }, profile);
      const source = join(content.directory, 'own.car');
      await writeCar(build.car, source);
      const again = await buildDag({ kind: 'car', source }, profile);
      expect(again.root).toBe(build.root);
      expect(new Map(again.listing)).toEqual(new Map(build.listing));
      expect([again.bytes, again.blocks, again.car.bytes]).toEqual([build.bytes, build.blocks, build.car.bytes]);
      expect((await readRange(again.car)).equals(await readRange(build.car))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test.for(PROFILES)('%s: a sharded directory and a file of two levels are listed whole', async (profile) => {
  using content = dagContent();
  const many = Array.from({ length: 2500 }, (_, index) => [`many/${'long-name-'.repeat(8)}${index}`, 'x'] as const);
  const entries = content.entries({ ...Object.fromEntries(many), 'big.bin': { zeros: 180 * 262_144 } });
  const build = await buildDag({ kind: 'directory', entries }, profile);
  const source = join(content.directory, 'own.car');
  await writeCar(build.car, source);
  const again = await buildDag({ kind: 'car', source }, profile);
  expect(again.root).toBe(build.root);
  expect(again.listing.size).toBe(2501);
  expect(new Map(again.listing)).toEqual(new Map(build.listing));
});

test('a CAR of another implementation lists the files that it was made of', async () => {
  const files = new Map([
    ['a/b.txt', Buffer.from('one')],
    ['big.bin', Buffer.alloc(3_000_000, 7)],
  ]);
  const build = await read(await oracleCar(files));
  expect(Array.from(build.listing, ([path, { bytes }]) => [path, bytes])).toEqual([
    ['a/b.txt', 3],
    ['big.bin', 3_000_000],
  ]);
  expect(build.bytes).toBe(3_000_003);
});

test('a CAR of a single file lists it under the name of the CAR', async () => {
  const build = await read(await carOf([leaf.cid], [leaf]));
  expect([...build.listing]).toEqual([['site', { cid: leaf.cid.toString(), bytes: 5 }]]);
});

test('blocks that come again or that nothing links to are not served', async () => {
  const build = await read(await carOf([root.cid], [other, leaf, root, leaf]));
  expect(build.blocks).toBe(2);
  expect(build.served.equals(await carOf([root.cid], [leaf, root]))).toBe(true);
});

test('content that a CID holds inline needs no block', async () => {
  const inline: Block = {
    cid: CID.createV1(RAW, Digest.create(0, Buffer.from('inline'))),
    bytes: Buffer.from('inline'),
  };
  const directory = await directoryOf({ 'a.txt': inline, 'b.txt': leaf });
  const build = await read(await carOf([directory.cid], [directory, inline, leaf]));
  expect(build.listing.get('a.txt')).toEqual({ cid: inline.cid.toString(), bytes: 6 });
  expect(build.served.equals(await carOf([directory.cid], [directory, leaf]))).toBe(true);
});

test('a link that is a symlink counts with the length of its target', async () => {
  const symlink = await nodeOf(new UnixFS({ type: 'symlink', data: Buffer.from('a.txt') }), []);
  const directory = await directoryOf({ 'a.txt': leaf, 'b.txt': symlink });
  const build = await read(await carOf([directory.cid], [directory, leaf, symlink]));
  expect(build.listing.get('b.txt')).toEqual({ cid: symlink.cid.toString(), bytes: 5 });
});

const refusals: readonly (readonly [string, () => Promise<Uint8Array>, RegExp])[] = [
  ['an empty file', async () => new Uint8Array(), /does not begin like one/],
  ['a web page', async () => Buffer.from('<!doctype html><title>404</title>'), /does not begin like one/],
  ['a CARv2', async () => Buffer.from('0aa16776657273696f6e02', 'hex'), /version 2, and only CARv1/],
  ['no root', () => carOf([], [leaf]), /has 0 roots/],
  ['two roots', () => carOf([root.cid, leaf.cid], [root, leaf]), /has 2 roots/],
  ['a missing leaf', () => carOf([root.cid], [root]), new RegExp(`the block ${leaf.cid} is missing`)],
  ['a missing root', () => carOf([root.cid], [leaf]), new RegExp(`the block ${root.cid} is missing`)],
  [
    'a block with other bytes than its CID says',
    () => carOf([root.cid], [root, { cid: leaf.cid, bytes: Buffer.from('hellO') }]),
    new RegExp(`the block ${leaf.cid} has other bytes`),
  ],
  [
    'a block of another hash',
    async () => {
      const blake = { cid: CID.createV1(RAW, Digest.create(0xb220, new Uint8Array(32))), bytes: Buffer.from('x') };
      return carOf([root.cid], [root, leaf, blake]);
    },
    /is hashed with blake2b-256/,
  ],
  [
    'a root that is no UnixFS',
    async () => {
      const cbor = await blockOf(0x71, Uint8Array.of(0xa0));
      return carOf([cbor.cid], [cbor]);
    },
    /has the codec 0x71/,
  ],
  [
    'a node that is no UnixFS',
    async () => {
      const bare = await blockOf(dagPb.code, dagPb.encode({ Links: [] }));
      return carOf([bare.cid], [bare]);
    },
    /is not UnixFS/,
  ],
  [
    'a file of another size than it says',
    async () => {
      const file = await nodeOf(new UnixFS({ type: 'file', blockSizes: [6n] }), [
        { Name: '', Hash: leaf.cid, Tsize: 5 },
      ]);
      return carOf([file.cid], [file, leaf]);
    },
    /should have 6 bytes and has 5/,
  ],
  [
    'a name that leads elsewhere',
    async () => {
      const directory = await directoryOf({ '..': leaf });
      return carOf([directory.cid], [directory, leaf]);
    },
    /".." in "" is not a name/,
  ],
  [
    'a directory inside a file',
    async () => {
      const file = await nodeOf(new UnixFS({ type: 'file', blockSizes: [5n] }), [
        { Name: '', Hash: root.cid, Tsize: 5 },
      ]);
      return carOf([file.cid], [file, root, leaf]);
    },
    /is part of a file/,
  ],
];

test.for(refusals)('refuses %s', async ([, bytes, message]) => {
  const refused = await refusal(read(await bytes()));
  expect(refused).toMatch(/^content: ".*site.car" is not a CAR that can be deployed/);
  expect(refused).toMatch(message);
});

/** A chain of directories, each of which links the next under every name. */
async function chain(levels: number, names: readonly string[]): Promise<Block[]> {
  const blocks = [leaf];
  for (let level = 0; level < levels; level += 1) {
    const [next = leaf] = blocks;
    blocks.unshift(await directoryOf(Object.fromEntries(names.map((name) => [name, next]))));
  }
  return blocks;
}

test.for([
  ['stands for more paths than can be listed', 40, ['a', 'b'], /stands for more than \d+ paths/],
  ['is nested without end', 3000, ['a'], /nested deeper than 256 levels/],
] as const)('a small CAR that %s is refused, in time and memory', async ([, levels, names, message]) => {
  const blocks = await chain(levels, names);
  expect(await refusal(read(await carOf([blocks[0]?.cid ?? leaf.cid], blocks)))).toMatch(message);
});

test('a link by another hash, or by part of one, is not taken for the block with the same digest', async () => {
  const { digest } = leaf.cid.multihash;
  for (const [hash, message] of [
    [Digest.create(0x1e, digest), /hashed with blake3/],
    [Digest.create(0x12, digest.subarray(0, 4)), /digest of 4 bytes/],
  ] as const) {
    const directory = await directoryOf({ 'a.txt': { cid: CID.createV1(RAW, hash), bytes: leaf.bytes } });
    expect(await refusal(read(await carOf([directory.cid], [directory, leaf])))).toMatch(message);
  }
});

test('a root that holds its content itself is refused', async () => {
  const inline = CID.createV1(RAW, Digest.create(0x00, new Uint8Array(200)));
  expect(await refusal(read(await carOf([inline], [leaf])))).toMatch(/nothing to pin/);
});

test('a CAR that is cut anywhere, or has any byte changed, is refused', async () => {
  const nested = await directoryOf({ inside: root, 'other.txt': other });
  const whole = await carOf([nested.cid], [nested, root, leaf, other]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      expect(await refusal(read(whole.subarray(0, at)))).toMatch(/^content: /);
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ change;
      expect(await refusal(read(changed))).toMatch(/^content: /);
    }),
    { numRuns: 150 },
  );
});

test('a CAR that is gone is named', async () => {
  const attempt = buildDag({ kind: 'car', source: '/nonexistent/site.car' }, 'unixfs-v1-2025');
  expect(await refusal(attempt)).toMatch(/^content: "\/nonexistent\/site.car" was found, but now it is gone/);
});

test('a CAR that is changed after it was read is named, and no wrong byte is served', async () => {
  using content = dagContent();
  const source = join(content.directory, 'site.car');
  const bytes = await carOf([root.cid], [root, leaf]);
  writeFileSync(source, bytes);
  const { car } = await buildDag({ kind: 'car', source }, 'unixfs-v1-2025');
  bytes[bytes.length - 1] = 0;
  writeFileSync(source, bytes);
  expect(await refusal(readRange(car, car.bytes - 5))).toMatch(/^content: ".*site.car" changed while/);
  expect((await readRange(car, 0, 100)).equals(bytes.subarray(0, 100))).toBe(true);
});

/** What is shown of a CAR to who looks at it, path → bytes. */
async function shown(bytes: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  using content = dagContent();
  const source = join(content.directory, 'site.car');
  writeFileSync(source, bytes);
  const seen = new Map<string, Buffer>();
  let path = '';
  const onlooker: Onlooker = {
    begin: (file) => {
      path = file.path;
      seen.set(path, Buffer.of());
    },
    take: (piece) => void seen.set(path, Buffer.concat([seen.get(path) ?? Buffer.of(), piece])),
    end: () => {
      path = '';
    },
    room: () => undefined,
  };
  await buildDag({ kind: 'car', source }, 'unixfs-v1-2025', { onlooker: () => onlooker });
  return seen;
}

test('every file of a CAR is shown whole, also where it shares its blocks with others', async () => {
  const file = (parts: readonly Block[], inline = ''): Promise<Block> => {
    const unixfs = new UnixFS({ type: 'file', data: Buffer.from(inline) });
    for (const { bytes } of parts) unixfs.addBlockSize(BigInt(bytes.length));
    return nodeOf(
      unixfs,
      parts.map(({ cid, bytes }) => ({ Name: '', Hash: cid, Tsize: bytes.length })),
    );
  };
  const both = await file([leaf, other]);
  const twice = await file([other, other, leaf]);
  const inline = await file([], 'inside');
  const folder = await directoryOf({ 'a.png': leaf, 'a.txt': leaf, 'b.js': both, 'c.js': twice, 'd.txt': inline });
  const seen = await shown(await carOf([folder.cid], [folder, both, twice, inline, leaf, other]));
  expect(Object.fromEntries([...seen].map(([path, bytes]) => [path, bytes.toString()]))).toEqual({
    'a.png': 'hello',
    'a.txt': 'hello',
    'b.js': 'helloother',
    'c.js': 'otherotherhello',
    'd.txt': 'inside',
  });
});

test('a small CAR that stands for endless content is refused where somebody has to look at all of it', async () => {
  // Each level links the one below 170 times: 170^4 times 5 bytes.
  const blocks: Block[] = [];
  let level = leaf;
  for (let depth = 0; depth < 4; depth += 1) {
    const links = Array.from({ length: 170 }, () => ({ name: '', cid: level.cid.bytes }));
    level = await blockOf(dagPb.code, craftedNode('file', links));
    blocks.push(level);
  }
  const folder = await directoryOf({ 'bomb.txt': level });
  const car = await carOf([folder.cid], [folder, ...blocks, leaf]);
  await expect(shown(car)).rejects.toThrow('far more than it has');
  expect((await read(car)).bytes).toBe(5 * 170 ** 4);
});

test.for([
  ['two messages', (data: Uint8Array) => Buffer.concat([field(1, data), field(1, data)])],
  ['two contents', (data: Uint8Array) => field(1, Buffer.concat([data, field(2, Buffer.from('other'))]))],
  ['two types', (data: Uint8Array) => field(1, Buffer.concat([data, Buffer.of(0x08, 2)]))],
] as const)('a block with %s, of which readers take one or the other, is refused', async ([, make]) => {
  const data = new UnixFS({ type: 'file', data: Buffer.from('seen') }).marshal();
  const odd = await blockOf(dagPb.code, make(data));
  const folder = await directoryOf({ 'a.txt': odd });
  expect(await refusal(read(await carOf([folder.cid], [folder, odd])))).toContain('is not UnixFS');
});

test('a directory with content of its own is refused, which nobody would look at', async () => {
  const unixfs = new UnixFS({ type: 'directory', data: Buffer.from('hidden') });
  const folder = await nodeOf(unixfs, [{ Name: 'a.txt', Hash: leaf.cid, Tsize: 5 }]);
  expect(await refusal(read(await carOf([folder.cid], [folder, leaf])))).toContain('has content of its own');
});

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2, bytes.length), bytes]);
}
