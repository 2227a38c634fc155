import { chmodSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import type { DecodedBlock } from '../support/car-blocks.ts';
import { decodedBlocks } from '../support/car-blocks.ts';
import type { Held } from '../support/dag-content.ts';
import { dagContent } from '../support/dag-content.ts';

// Where packers are known to differ. Each test names the rule; roots of whole trees are in dag-goldens.test.ts.

const MIB = 1_048_576;
const EMPTY_FILE = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const EMPTY_DIRECTORY = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';

async function built(tree: Readonly<Record<string, Held>>, profile: CidProfile = 'unixfs-v1-2025') {
  using content = dagContent();
  const build = await buildDag({ kind: 'directory', entries: content.entries(tree) }, profile);
  return { build, blocks: await decodedBlocks(build.car) };
}

function rootBlock({ build, blocks }: { build: Build; blocks: ReadonlyMap<string, DecodedBlock> }): DecodedBlock {
  return blocks.get(build.root) ?? { bytes: new Uint8Array(), type: 'missing', links: [] };
}

function numbered(count: number, path: (index: number) => string): Record<string, Held> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [path(index), 'x']));
}

test('a directory of 6,000 sub-directories is sharded, in whatever order its files come', async () => {
  using content = dagContent();
  const entries = content.entries(numbered(6000, (index) => `a-post-of-the-blog-${index}/index.html`));
  const orders = [
    entries,
    entries.toReversed(),
    entries.toSorted((a, b) => ((a.path.at(-12) ?? '') < (b.path.at(-12) ?? '') ? -1 : 1)),
  ];
  const roots = new Set<string>();
  for (const order of orders) {
    const build = await buildDag({ kind: 'directory', entries: order }, 'unixfs-v1-2025');
    roots.add(build.root);
    expect((await decodedBlocks(build.car)).get(build.root)?.type).toBe('hamt-sharded-directory');
  }
  expect(roots.size).toBe(1);
});

test('the whole block is what counts for unixfs-v1-2025, names and CIDs alone for pinata-folder', async () => {
  const tree = numbered(4900, (index) => `file-${String(index).padStart(6, '0')}`);
  expect(rootBlock(await built(tree, 'unixfs-v1-2025')).type).toBe('hamt-sharded-directory');
  expect(rootBlock(await built(tree, 'pinata-folder')).type).toBe('directory');
});

test('links are sorted by the UTF-8 bytes of their names', async () => {
  const { links } = rootBlock(await built({ '\u{1F338}': '1', '\uE000': '2', b: '3', B: '4', 'a-': '5', 'a/x': '6' }));
  expect(links.map((link) => link.name)).toEqual(['B', 'a', 'a-', 'b', '\uE000', '\u{1F338}']);
});

test('the links of a file have empty names and a size each', async () => {
  const { build, blocks } = await built({ 'big.bin': { zeros: 2 * MIB + 5 } });
  const file = blocks.get(build.listing.get('big.bin')?.cid ?? '');
  expect(file?.links.map(({ name, tsize }) => ({ name, tsize }))).toEqual([
    { name: '', tsize: MIB },
    { name: '', tsize: MIB },
    { name: '', tsize: 5 },
  ]);
});

test.for(['unixfs-v1-2025', 'pinata-folder'] as const)(
  '%s: the size of a link is all that lies below it',
  async (profile) => {
    const { blocks } = await built(
      {
        'a/b/c.txt': 'c',
        'a/big.bin': { zeros: MIB + 1 },
        ...numbered(5600, (index) => `many/a-longer-name-${index}`),
        e: '',
      },
      profile,
    );
    const sizeOf = (cid: string): number => {
      const block = blocks.get(cid);
      return (block?.links ?? []).reduce((sum, link) => sum + sizeOf(link.cid), block?.bytes.length ?? Number.NaN);
    };
    const kinds = new Set(Array.from(blocks.values(), (block) => block.type));
    expect(kinds).toEqual(new Set(['directory', 'hamt-sharded-directory', 'file', 'leaf']));
    for (const { links } of blocks.values()) for (const { cid, tsize } of links) expect(tsize).toBe(sizeOf(cid));
  },
);

test('an empty file is a raw block of no bytes, and an empty directory the well-known one', async () => {
  const { build } = await built({ empty: '', 'folder/empty': null });
  expect(build.listing.get('empty')).toEqual({ cid: EMPTY_FILE, bytes: 0 });
  const { blocks } = await built({ folder: null });
  expect(blocks.has(EMPTY_DIRECTORY)).toBe(true);
  expect((await built({})).build.root).toBe(EMPTY_DIRECTORY);
});

test('empty directories are in the DAG, except where a folder upload could not carry them', async () => {
  const tree = { 'index.html': 'x', 'nothing/in/here': null };
  const withoutIt = { 'index.html': 'x' };
  expect((await built(tree)).build.root).not.toBe((await built(withoutIt)).build.root);
  expect((await built(tree, 'unixfs-v0-2015')).build.root).not.toBe(
    (await built(withoutIt, 'unixfs-v0-2015')).build.root,
  );
  expect((await built(tree, 'pinata-folder')).build.root).toBe((await built(withoutIt, 'pinata-folder')).build.root);
});

test('an empty directory entry above files changes nothing', async () => {
  expect((await built({ 'a/b': 'x', a: null })).build.root).toBe((await built({ 'a/b': 'x' })).build.root);
});

test('a file of exactly one chunk is that chunk; one byte more makes a node of two links', async () => {
  const { build, blocks } = await built({ exact: { zeros: MIB }, more: { zeros: MIB + 1 } });
  expect(blocks.get(build.listing.get('exact')?.cid ?? '')?.type).toBe('leaf');
  expect(blocks.get(build.listing.get('more')?.cid ?? '')).toMatchObject({ type: 'file', links: { length: 2 } });
});

test('all leaves of a large file are equally deep', async () => {
  const { build, blocks } = await built({ 'big.bin': { zeros: 175 * 262_144 } }, 'pinata-folder');
  const top = blocks.get(build.listing.get('big.bin')?.cid ?? '');
  const levels = top?.links.map((link) => blocks.get(link.cid)?.links.length);
  expect(levels).toEqual([174, 1]);
});

test('modes and times are left out: they do not change the root', async () => {
  using content = dagContent();
  const entries = content.entries({ 'index.html': 'x' });
  const before = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
  chmodSync(entries[0]?.source ?? '', 0o755);
  utimesSync(entries[0]?.source ?? '', 1, 1);
  expect((await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025')).root).toBe(before.root);
});

test('a backslash is part of a name', async () => {
  const traps = await built({ 'dir\\/c.txt': 'x', 'a\\b': 'y' });
  expect(rootBlock(traps).links.map((link) => link.name)).toEqual(['a\\b', 'dir\\']);
  expect(traps.build.listing.has('dir\\/c.txt')).toBe(true);
});

test('names that look the same but differ in their code points are two names', async () => {
  const traps = await built({ 'caf\u00e9': 'x', 'cafe\u0301': 'y' });
  expect(rootBlock(traps).links.map((link) => link.name)).toEqual(['cafe\u0301', 'caf\u00e9']);
});

test('a single top directory is not stripped, and a single file is the root itself', async () => {
  expect(rootBlock(await built({ 'site/index.html': 'x' })).links.map((link) => link.name)).toEqual(['site']);
  using content = dagContent();
  const [entry] = content.entries({ 'index.html': 'hello world' });
  const build = entry && (await buildDag({ kind: 'file', entry }, 'unixfs-v1-2025'));
  expect(build?.root).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
  expect([...(build?.listing ?? [])]).toEqual([['index.html', { cid: build?.root, bytes: 11 }]]);
});
