import { decode, encode, type PBNode, prepare } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { createPublishedTree } from '../../src/adapters/gateway/published-tree.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { BaseReading } from '../../src/ports.ts';
import { type CraftedLink, craftedDag, craftedNode, identityCid, textOfCid } from '../support/crafted-dag.ts';
import { drips, honest, testGateway } from '../support/hostile-gateway.ts';
import { buildOf, type Tree } from './tree-pairs.ts';

function cidOf(text: string): Cid {
  const cid = parseCid(text);
  if (cid === undefined) throw new Error(`${text} is no CID`);
  return cid;
}

/** Compares a build with a base of which all blocks are at hand. */
async function compareWith(
  root: Uint8Array,
  blocks: ReadonlyMap<string, Uint8Array>,
  build: Tree = { a: 'x' },
): Promise<BaseReading> {
  const known = new Map([...blocks].map(([cid, bytes]) => [cidOf(cid), bytes] as const));
  const tree = createPublishedTree({ root: cidOf(textOfCid(root)), gateways: [], dedicatedKey: undefined, known });
  return await tree.compare(await buildOf(build), 'known');
}

const dag = craftedDag();
const LEAF = dag.raw('x');
const OTHER = dag.raw('y');

function named(...names: readonly (string | Uint8Array)[]): readonly CraftedLink[] {
  return names.map((name) => ({ name, cid: LEAF }));
}

function unreadable(reason: string | RegExp): unknown {
  return {
    kind: 'unreadable',
    reason: typeof reason === 'string' ? reason : (expect.stringMatching(reason) as unknown),
  };
}

describe('a base that is not as it should be is not compared: it', () => {
  it.for([
    ['has an entry called ..', named('..'), 'it has an entry called ".."'],
    ['has an entry called .', named('.'), 'it has an entry called "."'],
    ['has an entry without a name', named(''), 'it has an entry called ""'],
    ['has a slash in a name', named('a/b'), 'it has an entry called "a/b"'],
    ['has a zero byte in a name', named('a\0'), 'it has an entry called "a\\u0000"'],
    ['has a long name that is none', named('/'.repeat(5000)), `it has an entry called "${'/'.repeat(80)}"`],
    ['has two entries of one name', named('b', 'b'), 'it has a directory with two entries of one name'],
    ['has a name that is no text', named(Buffer.of(0xff, 0xfe)), 'it holds something else than UnixFS'],
    ['links to DAG-CBOR', [{ name: 'b', cid: dag.put(Buffer.of(0xa0), 0x71) }], 'it holds something else than UnixFS'],
    ['has a link that is no CID', [{ name: 'b', cid: Buffer.from('no') }], 'it has a link that is not a CID'],
    ['has bytes behind a CID', [{ name: 'b', cid: Buffer.concat([LEAF, LEAF]) }], 'it has a link that is not a CID'],
    [
      'is hashed with sha1',
      [{ name: 'b', cid: Buffer.concat([Buffer.of(1, 0x55, 0x11, 20), Buffer.alloc(20)]) }],
      'it is hashed with something else than sha2-256',
    ],
    [
      'has half a hash',
      [{ name: 'b', cid: Buffer.concat([Buffer.of(1, 0x55, 0x12, 16), Buffer.alloc(16)]) }],
      'it is hashed with something else than sha2-256',
    ],
    [
      'holds more in a CID than belongs there',
      [{ name: 'b', cid: identityCid(Buffer.alloc(129)) }],
      'it has a CID that holds more than 128 bytes',
    ],
  ] as const)('%s', async ([, links, reason]) => {
    expect(await compareWith(dag.node('directory', links), dag.blocks)).toEqual(unreadable(reason));
  });

  it.for([
    ['is a page', Buffer.from('<html></html>')],
    ['is empty', Buffer.of()],
    ['has no UnixFS in it', Buffer.of(0x0a, 0x02, 0x08, 0x07)],
    [
      'has a million sizes of parts',
      Buffer.concat([Buffer.of(0x0a, 0x82, 0x89, 0x7a, 0x08, 2), Buffer.alloc(2_000_000, '\x20\x01')]),
    ],
  ] as const)('%s', async ([, block]) => {
    expect(await compareWith(dag.put(block), dag.blocks)).toEqual(unreadable('it holds something else than UnixFS'));
  });
});

describe('a sharded directory is not compared when it', () => {
  it('has two entries in one slot', async () => {
    const root = dag.node('shard', [...named('00one'), { name: '00two', cid: OTHER }]);
    expect(await compareWith(root, dag.blocks)).toEqual(
      unreadable('it has a sharded directory with two entries in one slot'),
    );
  });

  it('has a name twice, once in a part that the build has too', async () => {
    const names = Array.from({ length: 1500 }, (_, nth) => `${'n'.repeat(240)}-${nth}`);
    const tree = Object.fromEntries(names.map((name) => [name, 'x']));
    const build = await buildOf(tree);
    const node = (cid: CID): PBNode => decode(build.nodes.get(cidOf(cid.toString())) ?? Buffer.of());
    const { Data: data, Links: slots } = node(CID.parse(build.root));
    const [kept, replaced, ...others] = slots;
    if (kept === undefined || replaced === undefined) throw new Error('not sharded');
    const inside = node(kept.Hash).Links.map(({ Name: name = '' }) => name.slice(2));
    const name = inside.find((candidate) => candidate !== '') ?? '';
    // The build's shard stays where it is; beside it, one of the names in it stands for another file.
    const second = { ...replaced, Name: `${replaced.Name}${name}`, Hash: CID.decode(OTHER) };
    const root = dag.put(encode(prepare({ Data: data ?? Buffer.of(), Links: [kept, second, ...others] })));
    const blocks = new Map<string, Uint8Array>([...build.nodes, ...dag.blocks]);
    expect(await compareWith(root, blocks, tree)).toEqual(
      unreadable('it has a directory with two entries of one name'),
    );
  });
});

describe('a base that stands for more than memory holds', () => {
  const fan = (type: 'directory' | 'shard', width: number, levels: number): Uint8Array => {
    let node = dag.node(type, named('00leaf'));
    for (let level = 0; level < levels; level += 1) {
      const below = node;
      const slots = Array.from({ length: width }, (_, nth) => nth.toString(16).toUpperCase().padStart(2, '0'));
      node = dag.node(
        type,
        slots.map((name) => ({ name, cid: below })),
      );
    }
    return node;
  };

  it.for([
    ['directory', 256, 12],
    ['shard', 256, 12],
    ['directory', 2, 200],
    ['shard', 2, 200],
  ] as const)('as one %s that is linked %i times on each of %i levels is given up', async ([type, width, levels]) => {
    const began = performance.now();
    const reading = await compareWith(fan(type, width, levels), dag.blocks);
    expect(reading).toEqual(unreadable(/^more than [\d,]+ (entries would have to be compared|paths differ)$/));
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('as deep as it can be is given up', async () => {
    expect(await compareWith(fan('directory', 1, 300), dag.blocks)).toEqual(
      unreadable('it is nested deeper than 256 levels'),
    );
  });

  it('in 200 levels of one chain is read', async () => {
    const reading = await compareWith(fan('directory', 1, 200), dag.blocks);
    expect(reading).toMatchObject({ kind: 'read', pair: { shared: { files: 0 } } });
  });
});

describe('content inside a CID', () => {
  it('is a file as any other, and the diff says that the rules are others', async () => {
    const inner = identityCid(craftedNode('directory', [{ name: 'c', cid: LEAF }]), 0x70);
    const links = [...named('a'), { name: 'b', cid: inner }, { name: 'd', cid: identityCid(Buffer.from('hello')) }];
    const reading = await compareWith(dag.node('directory', links), dag.blocks);
    if (reading.kind !== 'read') throw new Error(JSON.stringify(reading));
    expect([...reading.pair.before].map(([path, { bytes }]) => [path, bytes])).toEqual([
      ['d', 5],
      ['b/c', 1],
    ]);
    expect(reading.strange).toBe(true);
  });
});

describe('the time for a base', () => {
  it('is one for all that is read of it', async () => {
    const before = await buildOf({ a: 'x', b: 'y' });
    await using slow = await testGateway(before.nodes, (nth) => (nth === 0 ? honest : drips));
    const tree = createPublishedTree({
      root: before.root,
      gateways: [{ template: slow.template, dedicated: false }],
      dedicatedKey: undefined,
      known: new Map(),
    });
    const after = await buildOf({ a: 'z' });
    expect((await tree.compare(after, 'open')).kind).toBe('read');
    const file = before.listing.get('a');
    if (file === undefined) throw new Error('no file');
    const began = performance.now();
    const read = await Promise.all(['a', 'b', 'c'].map(async (path) => await tree.readFile(path, file.cid)));
    expect(read).toEqual([undefined, undefined, undefined]);
    const tookMs = performance.now() - began;
    const { ms } = tree.effort();
    // A source that stalls is not asked again for the same block, and what runs side by side is counted once.
    expect(tookMs).toBeLessThan(7000);
    expect(ms).toBeLessThan(7500);
  });
});
