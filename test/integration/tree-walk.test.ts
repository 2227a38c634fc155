import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WantedBlock } from '../../src/adapters/gateway/base-side.ts';
import { walkTrees } from '../../src/adapters/gateway/tree-walk.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { BaseReading } from '../../src/ports.ts';
import { dagContent, type Held } from '../support/dag-content.ts';
import { buildOf, fullComparison, type Tree, treePair } from './tree-pairs.ts';

const KIB_256 = 262_144;

/** A walk over two builds, with what was read of the base. Only its own nodes exist there: a leaf is never needed. */
async function walk(before: Build, after: Build, rules: 'open' | 'known' = 'known') {
  const wanted: WantedBlock[] = [];
  const reading = await walkTrees(after, before.root, {
    rules,
    read: async (block) => {
      const own = after.nodes.get(block.cid);
      if (own !== undefined) return own;
      wanted.push(block);
      const found = before.nodes.get(block.cid);
      if (found === undefined) throw new Error(`${block.path} is no node`);
      return found;
    },
  });
  return { reading, wanted };
}

function read(reading: BaseReading): Extract<BaseReading, { kind: 'read' }> {
  if (reading.kind !== 'read') throw new Error(`not read: ${JSON.stringify(reading)}`);
  return reading;
}

/** Names so long that some 900 of them are too many for one block. */
function longNames(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${'n'.repeat(240)}-${from + index}`);
}

function directory(names: readonly string[], content: (name: string) => Held = () => 'same'): Tree {
  return Object.fromEntries(names.map((name) => [`tokens/${name}`, content(name)]));
}

describe('a walk over two trees finds what a full comparison finds', () => {
  it('of any two trees', async () => {
    await fc.assert(
      fc.asyncProperty(treePair, async ([one, other]) => {
        const [before, after] = [await buildOf(one), await buildOf(other)];
        const { reading } = await walk(before, after);
        expect(read(reading).pair).toEqual(fullComparison(before, after));
      }),
      { numRuns: 150 },
    );
  });

  it.for([
    ['flat to flat', 700, 800],
    ['flat to sharded', 800, 1100],
    ['sharded to flat', 1100, 800],
    ['sharded to sharded', 1500, 1600],
    ['sharded to more levels', 1000, 6000],
  ] as const)('of a large directory: %s', async ([, was, is]) => {
    const before = await buildOf(directory(longNames(0, was)));
    const after = await buildOf(directory(longNames(5, is), (name) => (name.endsWith('77') ? 'new' : 'same')));
    const { reading } = await walk(before, after);
    expect(read(reading).pair).toEqual(fullComparison(before, after));
  });
});

describe('of the base a walk reads', () => {
  it('nothing when both roots are the same node', async () => {
    const same = await buildOf({ 'a/b': 'one' });
    const { reading, wanted } = await walk(same, same);
    expect(read(reading).pair.shared).toEqual({ files: 1, bytes: 3 });
    expect(wanted).toEqual([]);
  });

  it('only directories on changed paths', async () => {
    const site = (content: string): Tree => ({
      'index.html': 'page',
      'a/b/changed.txt': content,
      'a/c/same.txt': 'same',
      'd/e/same.txt': 'same too',
    });
    const { wanted } = await walk(await buildOf(site('old')), await buildOf(site('new')));
    expect(wanted.map(({ path: place }) => place)).toEqual(['', 'a', 'a/b']);
  });

  it('no directory that only moved', async () => {
    const inside = { x: 'one', 'y/z': 'two' };
    const under = (name: string): Tree =>
      Object.fromEntries(Object.entries(inside).map(([place, content]) => [`${name}/${place}`, content]));
    const { reading, wanted } = await walk(await buildOf(under('old')), await buildOf(under('new')));
    expect(wanted.map(({ path: place }) => place)).toEqual(['']);
    expect([...read(reading).pair.before.keys()]).toEqual(['old/x', 'old/y/z']);
  });

  it('only the shards that differ', async () => {
    const names = longNames(0, 3000);
    const before = await buildOf(directory(names));
    const after = await buildOf(directory(names, (name) => (name === names[1234] ? 'changed' : 'same')));
    const { wanted } = await walk(before, after);
    expect(wanted.slice(0, 2)).toMatchObject([
      { path: '', part: 'whole' },
      { path: 'tokens', part: 'whole' },
    ]);
    expect(wanted.length).toBeLessThanOrEqual(4);
    expect(wanted.slice(2).every(({ path: place, part }) => place === 'tokens' && part === 'shard')).toBe(true);
  });

  it('the first block of a file of several blocks, which tells its exact size', async () => {
    const before = await buildOf({ 'big.bin': { zeros: 9 * KIB_256 }, 'small.txt': 'same' });
    const after = await buildOf({ 'big.bin': 'small now', 'small.txt': 'same' });
    const { reading, wanted } = await walk(before, after);
    expect(wanted.map(({ path: place }) => place)).toEqual(['', 'big.bin']);
    expect(read(reading).pair.before.get('big.bin')?.bytes).toBe(9 * KIB_256);
  });
});

describe('a walk tells', () => {
  it('which empty directories only one side has', async () => {
    const { reading } = await walk(await buildOf({ a: 'x', gone: null }), await buildOf({ a: 'x', 'come/in': null }));
    expect(read(reading).emptyDirectories).toEqual(['come/in', 'gone']);
    expect(read(reading).pair).toMatchObject({ before: new Map(), after: new Map() });
  });

  it.for([
    ['unixfs-v1-2025', 'unixfs-v0-2015'],
    ['unixfs-v1-2025', 'pinata-folder'],
    ['pinata-folder', 'unixfs-v1-2025'],
    ['unixfs-v0-2015', 'unixfs-v1-2025'],
  ] as const)('a build by the rules of %s that the base follows those of %s', async ([own, foreign]) => {
    const files = { 'big.bin': { zeros: 9 * KIB_256 }, 'small.txt': 'same' };
    const { reading } = await walk(await buildOf(files, foreign), await buildOf({ ...files, new: 'x' }, own), 'open');
    expect(reading).toEqual({ kind: 'foreign', profile: foreign });
  });

  it('nothing of rules where no file shows them', async () => {
    const { reading } = await walk(await buildOf({ a: 'x' }, 'pinata-folder'), await buildOf({ a: 'y' }), 'open');
    expect(read(reading).strange).toBe(false);
  });
});

describe('a single file', () => {
  const file = async (content: string): Promise<Build> => {
    using held = dagContent();
    const [entry] = held.entries({ 'report.pdf': content });
    if (entry === undefined) throw new Error('no entry');
    return await buildDag({ kind: 'file', entry }, 'unixfs-v1-2025');
  };
  const lone = async (before: Build, after: Build, bytes: string) =>
    read(
      await walkTrees(after, before.root, {
        rules: 'known',
        read: async ({ cid }) => after.nodes.get(cid) ?? before.nodes.get(cid) ?? Buffer.from(bytes),
      }),
    );

  it('is compared under its name', async () => {
    const { pair } = await lone(await file('old'), await file('newer'), 'old');
    expect([...pair.before]).toMatchObject([['report.pdf', { bytes: 3 }]]);
    expect([...pair.after]).toMatchObject([['report.pdf', { bytes: 5 }]]);
  });

  it('that became a directory, and the other way round', async () => {
    const there = await lone(await file('old'), await buildOf({ 'a/b': 'x' }), 'old');
    expect([[...there.pair.before.keys()], [...there.pair.after.keys()]]).toEqual([['(the file itself)'], ['a/b']]);
    const back = await lone(await buildOf({ 'a/b': 'x' }), await file('new'), '');
    expect([[...back.pair.before.keys()], [...back.pair.after.keys()]]).toEqual([['a/b'], ['report.pdf']]);
  });
});
