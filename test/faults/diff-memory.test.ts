import { beforeAll, describe, expect, it } from 'vitest';
import { type CraftedLink, craftedDag, craftedNode, identityCid, textOfCid } from '../support/crafted-dag.ts';
import {
  type Behaviour,
  bombs,
  bombsInLayers,
  carOf,
  honest,
  neverEnds,
  says,
  testGateway,
} from '../support/hostile-gateway.ts';
import { oracleDag } from '../support/oracle-cid.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

/** The most that reading a base may take beside what the same run takes anyway. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The same where all blocks hash right and are as large as they may be: eight are under way at a time. Not yet 64 MB. */
const MOST_BYTES_IN_LARGE_BLOCKS = 96 * 1024 * 1024;
const MAX_BLOCK_BYTES = 1024 * 1024;

const SITE = { 'index.html': 'new', 'a/b.txt': 'same' };

interface Base {
  readonly root: string;
  readonly blocks: ReadonlyMap<string, Uint8Array>;
}

interface Given {
  readonly base: Base;
  readonly behave?: (nth: number, url: string) => Behaviour;
  /** The gateway is the account's own, which is asked by path and for CARs. */
  readonly own?: 'own';
}

/** A run without a key that compares a small site with a base behind one gateway. */
async function compare({ base, behave = () => honest, own }: Given): Promise<DistRun & { readonly peakBytes: number }> {
  await using gateway = await testGateway(base.blocks, behave);
  using site = tempTree(SITE);
  const places =
    own === undefined
      ? { 'block-gateways': gateway.template }
      : { 'block-gateways': 'none', 'pinata-gateway-url': gateway.url, 'pinata-gateway-key': 'key-of-the-gateway' };
  const run = await runDist({
    inputs: { path: site.root, mode: 'diff', 'diff-base': base.root, ...places },
    usage: 'measured',
  });
  expect(run.exitCode, run.log).toBe(0);
  return { ...run, peakBytes: run.usage?.peakBytes ?? Number.NaN };
}

/** What the same run takes with a base that is read well. */
let usualBytes = Number.NaN;

const GOOD = await goodBase();

async function goodBase(): Promise<Base> {
  const { root, blocks } = await oracleDag(
    new Map([
      ['index.html', Buffer.from('old')],
      ['a/b.txt', Buffer.from('same')],
    ]),
  );
  return { root: root.toString(), blocks: new Map([...blocks].map(([cid, { bytes }]) => [cid, bytes])) };
}

beforeAll(async () => {
  const run = await compare({ base: GOOD });
  expect(run.outputs).toMatchObject({ 'files-changed': '1' });
  usualBytes = run.peakBytes;
});

function expectNoDiff(run: DistRun & { readonly peakBytes: number }, reason: RegExp, mostBytes = MOST_BYTES): void {
  expect(run.log).toMatch(reason);
  expect(run.outputs).toMatchObject({ 'files-changed': '' });
  expect(run.peakBytes - usualBytes).toBeLessThan(mostBytes);
}

describe('a diff takes less than 64 MB more than usual of a gateway that', () => {
  it.for([
    ['never ends', neverEnds],
    ['answers 2 GB in a gzip of 2 MB', bombs],
    ['answers 256 MB in a few hundred bytes', bombsInLayers],
  ] as const)('%s', async ([, behaviour]) => {
    expectNoDiff(await compare({ base: GOOD, behave: () => behaviour }), /answered with more than 1 MiB/);
  });

  it('never ends a CAR', async () => {
    const base = shardedBase();
    const behave = (_: number, url: string) => (url.includes('format=car') ? neverEnds : honest);
    expectNoDiff(await compare({ base, behave, own: 'own' }), /answered with more than 8 MiB/);
  });

  it('sends a CAR full of the smallest blocks', async () => {
    const base = shardedBase();
    const small = Array.from({ length: 170_000 }, (_, nth) => {
      const bytes = seededBytes(8, nth + 1);
      return [base.root, bytes] as const;
    });
    const car = await carOf(base.root, small);
    const behave = (_: number, url: string) => (url.includes('format=car') ? says(200, car) : honest);
    expectNoDiff(await compare({ base, behave, own: 'own' }), /answered with other bytes/);
  });
});

/** A directory of two levels of shards. */
function shardedBase(): Base {
  const dag = craftedDag();
  const leaf = dag.raw('x');
  const slots = Array.from({ length: 16 }, (_, nth) => {
    const shard = dag.node('shard', [{ name: `0${nth.toString(16).toUpperCase()}name-${nth}`, cid: leaf }]);
    return { name: `A${nth.toString(16).toUpperCase()}`, cid: shard };
  });
  const root = dag.node('shard', slots);
  return { root: textOfCid(root), blocks: dag.blocks };
}

/** A directory of directories, each of one block that is as large as blocks may be. */
function wideBase(count: number, linkOf: (nth: number) => CraftedLink): Base {
  const dag = craftedDag();
  const perLink = craftedNode('directory', [linkOf(99_999)]).length - 4;
  const links = Array.from({ length: Math.floor((MAX_BLOCK_BYTES - 100) / perLink) }, (_, nth) => linkOf(nth));
  const directories = Array.from({ length: count }, (_, nth) => ({
    name: `d${nth}`,
    cid: dag.node('directory', [...links, { ...linkOf(0), name: `own-${nth}` }]),
  }));
  return { root: textOfCid(dag.node('directory', directories)), blocks: dag.blocks };
}

/** A directory of files that are one block each, and no raw one. */
function heavyBase(count: number): Base {
  const dag = craftedDag();
  const files = Array.from({ length: count }, (_, nth) => {
    const content = seededBytes(MAX_BLOCK_BYTES - 100, nth + 1);
    return { name: `f${nth}`, cid: dag.put(craftedNode('file', [], content)) };
  });
  return { root: textOfCid(dag.node('directory', files)), blocks: dag.blocks };
}

function fan(type: 'directory' | 'shard', width: number, levels: number): Base {
  const dag = craftedDag();
  let node = dag.node(type, [{ name: '00leaf', cid: dag.raw('x') }]);
  for (let level = 0; level < levels; level += 1) {
    const below = node;
    const slots = Array.from({ length: width }, (_, nth) => nth.toString(16).toUpperCase().padStart(2, '0'));
    const links = slots.map((name) => ({ name, cid: below }));
    node = dag.node(type, links);
  }
  return { root: textOfCid(node), blocks: dag.blocks };
}

const LEAF = craftedDag().raw('x');
const TOO_MUCH = /No diff with .*: more (than [\d,]+ entries would have to be compared|of it differs than is read)/;

describe('a diff takes less than 64 MB more than usual of a base that', () => {
  it.for([
    ['has one directory as large as a block', () => wideBase(1, (nth) => ({ name: `file-${nth}`, cid: LEAF }))],
    ['has one directory at 256 places on each of 12 levels', () => fan('directory', 256, 12)],
    ['has one shard at 256 places on each of 12 levels', () => fan('shard', 256, 12)],
    ['has one directory at 2 places on each of 40 levels', () => fan('directory', 2, 40)],
    ['has one shard at 8 places on each of 60 levels', () => fan('shard', 8, 60)],
  ] as const)('%s', async ([, makeBase]) => {
    expectNoDiff(await compare({ base: makeBase() }), TOO_MUCH);
  });
});

describe('a diff takes less than 96 MB more than usual of a base that', () => {
  const tiny = identityCid(Buffer.of());

  it.for([
    ['has sixteen directories as large as a block', () => wideBase(16, (nth) => ({ name: `file-${nth}`, cid: LEAF }))],
    ['has sixteen files in one block each', () => heavyBase(16)],
    ['has the smallest links that there are', () => wideBase(8, (nth) => ({ name: nth.toString(36), cid: tiny }))],
  ] as const)('%s', async ([, makeBase]) => {
    expectNoDiff(await compare({ base: makeBase() }), TOO_MUCH, MOST_BYTES_IN_LARGE_BLOCKS);
  });
});
