import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePublished } from '../../src/adapters/gateway/published-diff.ts';
import { createPublishedTree, type ReadableTree } from '../../src/adapters/gateway/published-tree.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { parseCid } from '../../src/domain/cid.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import type { BaseReading } from '../../src/ports.ts';
import { craftedDag, textOfCid } from '../support/crafted-dag.ts';
import { dagContent } from '../support/dag-content.ts';
import { type Behaviour, honest, says, stalls, testGateway } from '../support/hostile-gateway.ts';
import { buildOf, fullComparison, type Tree, treePair } from './tree-pairs.ts';
import { wholeDag } from './whole-dag.ts';

type Published = Pick<Build, 'root' | 'nodes'>;

/** A tree of which all blocks are at hand. */
function atHand({ root, nodes }: Published): ReadableTree {
  return createPublishedTree({ root, gateways: [], dedicatedKey: undefined, known: nodes });
}

async function compare(before: Published, after: Published): Promise<BaseReading> {
  return await comparePublished(atHand(before), atHand(after));
}

interface Served {
  readonly before: Published;
  readonly after: Published;
  readonly behave?: (nth: number, url: string) => Behaviour;
}

/** Compares two trees that one gateway serves, and tells what it was asked. */
async function compareServed({ before, after, behave }: Served) {
  await using gateway = await testGateway(new Map([...before.nodes, ...after.nodes]), behave);
  const gateways = [{ template: gateway.template, dedicated: false }];
  const tree = ({ root }: Published): ReadableTree =>
    createPublishedTree({ root, gateways, dedicatedKey: undefined, known: new Map() });
  const [old, fresh] = [tree(before), tree(after)];
  const reading = await comparePublished(old, fresh);
  const asked = gateway.seen.map(({ url }) => /ipfs\/(\w+)/.exec(url)?.[1]);
  return { reading, asked, effort: [old.effort(), fresh.effort()] };
}

const changesOf = (before: Build, after: Build) => ({ ...fullComparison(before, after), shared: undefined });

async function fileOf(content: string): Promise<Build> {
  using held = dagContent();
  const [entry] = held.entries({ 'report.pdf': content });
  if (entry === undefined) throw new Error('no entry');
  return await buildDag({ kind: 'file', entry }, 'unixfs-v1-2025');
}

/** A tree with all of its blocks: under CIDv0 those of small files are read too, as their CIDs do not tell what they are. */
async function published(tree: Tree, profile: CidProfile): Promise<Published & { readonly build: Build }> {
  const { build, blocks } = await wholeDag(tree, profile);
  return { root: build.root, nodes: blocks, build };
}

const site = (page: string, script: string): Tree => ({
  'index.html': page,
  'assets/app.js': script,
  'assets/same.css': 'same',
  'docs/a.html': 'a',
  'docs/b/c.html': 'c',
});

describe('two trees that were published differ as a build differs from a base', () => {
  it('whatever is in them', async () => {
    await fc.assert(
      fc.asyncProperty(treePair, async ([one, other]) => {
        const [before, after] = [await buildOf(one), await buildOf(other)];
        const reading = await compare(before, after);
        expect(reading).toMatchObject({ kind: 'read', pair: changesOf(before, after), strange: false });
        const byBuild = await atHand(before).compare(after, 'known');
        if (reading.kind !== 'read' || byBuild.kind !== 'read') throw new Error('not read');
        expect(reading.emptyDirectories).toEqual(byBuild.emptyDirectories);
        expect(reading.pair).toEqual({ ...byBuild.pair, shared: undefined });
      }),
      { numRuns: 150 },
    );
  });

  it.for([
    ['flat to sharded', 800, 1100],
    ['sharded to flat', 1100, 800],
    ['sharded to sharded', 1500, 1600],
  ] as const)('in a large directory: %s', async ([, was, is]) => {
    const large = (from: number, to: number): Tree =>
      Object.fromEntries(
        Array.from({ length: to - from }, (_, nth) => [`tokens/${'n'.repeat(240)}-${from + nth}`, `${nth % 3}`]),
      );
    const [before, after] = [await buildOf(large(0, was)), await buildOf(large(3, is))];
    expect(await compare(before, after)).toMatchObject({ kind: 'read', pair: changesOf(before, after) });
  });

  it('where one or both are a single file', async () => {
    const [one, other, tree] = [await fileOf('one'), await fileOf('other'), await buildOf({ 'a/b': 'x' })];
    const known = new Map([one, other].map((build) => [build.root, Buffer.from(build === one ? 'one' : 'other')]));
    const files = (build: Build): Published => ({ root: build.root, nodes: known });
    const both = await compare(files(one), files(other));
    const file = '(the file itself)';
    expect(both).toMatchObject({
      pair: {
        before: new Map([[file, { cid: one.root, bytes: 3 }]]),
        after: new Map([[file, { cid: other.root, bytes: 5 }]]),
      },
    });
    expect(await compare(tree, files(one))).toMatchObject({
      pair: { before: tree.listing, after: new Map([[file, { cid: one.root, bytes: 3 }]]) },
    });
  });
});

describe('of two trees are read', () => {
  it('no more than the directories that differ', async () => {
    const before = await buildOf(site('old', 'old()'));
    const after = await buildOf(site('new', 'new()'));
    const { reading, asked, effort } = await compareServed({ before, after });
    expect(reading).toMatchObject({ kind: 'read', pair: changesOf(before, after) });
    expect(asked).toHaveLength(4);
    expect(new Set(asked.slice(0, 2))).toEqual(new Set([before.root, after.root]));
    expect(effort).toMatchObject([{ requests: 2 }, { requests: 2 }]);
  });

  it('no block where both have the same root', async () => {
    const same = await buildOf({ 'a/b': 'one' });
    const { reading, asked } = await compareServed({ before: same, after: same });
    expect(reading).toEqual({
      kind: 'read',
      pair: { before: new Map(), after: new Map(), shared: undefined },
      emptyDirectories: [],
      strange: false,
    });
    expect(asked).toEqual([]);
  });

  it('a directory that only moved, once', async () => {
    const [before, after] = [await buildOf({ 'a/x': '1', 'a/y': '2' }), await buildOf({ 'b/x': '1', 'b/y': '2' })];
    const { reading, asked } = await compareServed({ before, after });
    expect(reading).toMatchObject({ kind: 'read', pair: changesOf(before, after) });
    expect(asked).toHaveLength(3);
  });
});

describe('two trees by other rules', () => {
  it.for([
    ['unixfs-v1-2025', 'unixfs-v0-2015'],
    ['unixfs-v0-2015', 'unixfs-v1-2025'],
    ['unixfs-v1-2025', 'pinata-folder'],
  ] as const)('are compared, and called strange: %s and %s', async ([one, other]) => {
    const files = { 'big.bin': { zeros: 9 * 1_048_576 }, 'small.txt': 'same' };
    const reading = await compare(await published(files, one), await published({ ...files, new: 'x' }, other));
    expect(reading).toMatchObject({ kind: 'read', strange: true });
  });

  it.for(['unixfs-v0-2015', 'pinata-folder'] as const)('are not strange where both are of %s', async (profile) => {
    const files = (big: number, text: string): Tree => ({ 'big.bin': { zeros: big * 1_048_576 }, 'a/b': text, c: 'c' });
    const [before, after] = [await published(files(9, 'x'), profile), await published(files(8, 'y'), profile)];
    expect(await compare(before, after)).toMatchObject({ strange: false, pair: changesOf(before.build, after.build) });
  });
});

describe('a comparison of two trees that cannot be had says why', () => {
  it('when only the second one is not served, and which one that is', async () => {
    const [before, after] = [await buildOf(site('old', 'x')), await buildOf(site('new', 'x'))];
    const behave = (_: number, url: string): Behaviour => (url.includes(after.root) ? says(404) : honest);
    const { reading } = await compareServed({ before, after, behave });
    expect(reading).toEqual({
      kind: 'unreadable',
      reason: expect.stringMatching(`^${after.root} cannot be read: 127.0.0.1:\\d+ answered 404$`) as unknown,
    });
  });

  it('when one of them is no UnixFS', async () => {
    const dag = craftedDag();
    const root = parseCid(textOfCid(dag.put(Buffer.from('<html></html>'))));
    if (root === undefined) throw new Error('no root');
    const nodes = new Map([[root, dag.blocks.get(root) ?? Buffer.of()]]);
    expect(await compare(await buildOf({ a: 'x' }), { root, nodes })).toMatchObject({ kind: 'unreadable' });
  });

  it('when one of them never comes', async () => {
    const [before, after] = [await buildOf(site('old', 'x')), await buildOf(site('new', 'x'))];
    const began = performance.now();
    const { reading } = await compareServed({ before, after, behave: () => stalls });
    expect(reading).toMatchObject({ kind: 'unreadable' });
    expect(performance.now() - began).toBeLessThan(15_000);
  }, 20_000);
});
