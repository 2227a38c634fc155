import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openingOf } from '../../src/adapters/gateway/opening.ts';
import { readOpening } from '../../src/adapters/gateway/published-opening.ts';
import { createPublishedTree } from '../../src/adapters/gateway/published-tree.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { Opening } from '../../src/domain/link.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import { type CraftedLink, craftedDag, craftedNode, identityCid, textOfCid } from '../support/crafted-dag.ts';
import { dagContent, type Held } from '../support/dag-content.ts';
import { honest, says, testGateway } from '../support/hostile-gateway.ts';
import { unknownOpening } from '../unit/account.ts';

interface Opened {
  readonly opening: Opening;
  /** Paths of the blocks that were read, the root's first. */
  readonly read: readonly string[];
}

async function openBlocks(root: Uint8Array | string, blocks: ReadonlyMap<string, Uint8Array>): Promise<Opened> {
  const read: string[] = [];
  const cid = parseCid(typeof root === 'string' ? root : textOfCid(root));
  if (cid === undefined) throw new Error('The root has no CID.');
  const opening = await readOpening(cid, (wanted) => {
    read.push(wanted.part === 'shard' ? `${wanted.path}(shard)` : wanted.path);
    const block = blocks.get(wanted.cid);
    return block === undefined ? Promise.reject(new Error('Nobody serves it.')) : Promise.resolve(block);
  });
  return { opening, read };
}

const dag = craftedDag();

async function open(links: readonly CraftedLink[], type: 'directory' | 'shard' = 'directory'): Promise<Opened> {
  return await openBlocks(dag.node(type, links), dag.blocks);
}

const file = (name: string, content: string): CraftedLink => ({
  name,
  cid: dag.raw(content),
  tsize: Buffer.byteLength(content),
});
const directory = (name: string, ...links: CraftedLink[]): CraftedLink => ({ name, cid: dag.node('directory', links) });
const cidOf = (link: CraftedLink): string => textOfCid(link.cid);

describe('of published content is opened', () => {
  it('the page that a visitor gets first, for nothing but the root', async () => {
    const [index, style] = [file('index.html', '<h1>hi</h1>'), file('a.css', 'p {}')];
    const { opening, read } = await open([style, index, file('z.js', 'much longer')]);
    expect(opening).toMatchObject({
      kind: 'directory',
      sample: { path: '', cid: cidOf(index), bytes: 11 },
      plainSample: { path: 'a.css', cid: cidOf(style), bytes: 4 },
      redirects: undefined,
    });
    expect(read).toEqual(['']);
  });

  it('the smallest file that has bytes, where there is no such page', async () => {
    const small = file('small.bin', 'ab');
    const { opening } = await open([file('big.bin', 'abcdef'), file('empty.txt', ''), small]);
    expect(opening.sample).toEqual({ path: 'small.bin', cid: cidOf(small), bytes: 2 });
  });

  it('a file one level down, where the root has directories only', async () => {
    const deep = file('b.txt', 'deep');
    const { opening, read } = await open([directory('empty'), directory('ä b', deep), directory('never', deep)]);
    expect(opening.sample).toEqual({ path: 'ä b/b.txt', cid: cidOf(deep), bytes: 4 });
    expect(read).toEqual(['', 'empty', 'ä b']);
  });

  it('a page, without looking below the root for a file that is none', async () => {
    const script = file('app.js', 'render()');
    const { opening, read } = await open([directory('assets', script), file('index.html', 'hi'), directory('z')]);
    expect(opening.sample?.path).toBe('');
    expect(opening.plainSample).toBeUndefined();
    expect(read).toEqual(['']);
  });

  it('a page of several blocks, with the size that its node has', async () => {
    const { build, blocks } = await built({ 'index.html': { zeros: 3_000_000 }, 'a.css': 'p {}' });
    const { opening, read } = await openBlocks(build.root, blocks);
    expect(opening.sample).toEqual({ path: '', ...build.listing.get('index.html') });
    expect(read).toEqual(['', 'index.html']);
  });

  it('its only file', async () => {
    const content = dag.raw('alone');
    expect((await openBlocks(content, dag.blocks)).opening).toMatchObject({
      kind: 'file',
      sample: { path: '', cid: textOfCid(content), bytes: 5 },
    });
    const node = dag.put(craftedNode('file', [], Buffer.from('inside')));
    expect((await openBlocks(node, dag.blocks)).opening).toMatchObject({
      kind: 'file',
      sample: { path: '', bytes: 6 },
    });
    // Its own CID says what is right, whoever serves blocks.
    const { opening } = await openBlocks(content, new Map());
    expect(opening).toMatchObject({ kind: 'file', sample: { cid: textOfCid(content) } });
  });
});

describe('_redirects of published content', () => {
  it('are read, and tell what can be tried', async () => {
    const index = file('index.html', '<p>app</p>');
    const { opening, read } = await open([file('_redirects', '/* /index.html 200'), index, file('a.js', '1')]);
    expect(opening).toMatchObject({
      redirects: '/* /index.html 200',
      deepRoute: { path: '~splat~', target: { cid: cidOf(index) } },
    });
    expect(opening.landing).toBeUndefined();
    expect(read).toEqual(['', '_redirects']);
  });

  it('lead somewhere else than to the first page', async () => {
    const [home, index] = [file('home.html', 'home'), file('index.html', 'index')];
    const { opening } = await open([file('_redirects', '/ /home.html 302'), index, home, file('a.js', '1')]);
    expect(opening.landing?.cid).toBe(cidOf(home));
  });

  it('are read out of a node, too', async () => {
    const cid = dag.put(craftedNode('file', [], Buffer.from('/a /b 301')));
    expect((await open([{ name: '_redirects', cid }, file('a.js', '1')])).opening.redirects).toBe('/a /b 301');
  });

  it('are nothing that can be tried where they are too large, a directory, or nowhere', async () => {
    const links = [
      file('_redirects', '#'.repeat(64 * 1024 + 1)),
      directory('_redirects', file('x', 'y')),
      { name: '_redirects', cid: craftedDag().raw('/a /b 301'), tsize: 9 },
    ];
    for (const link of links) {
      const { opening } = await open([link, file('a.js', '1')]);
      expect(opening.redirects).toBeUndefined();
      expect(opening.sample?.path).toBe('a.js');
    }
  });
});

describe('content that is not as it should be', () => {
  it.each([
    ['is not there', Buffer.from('')],
    ['is no node', Buffer.from('<html>')],
    ['is a link in the file system', craftedNode('symlink', [], Buffer.from('/etc/passwd'))],
  ])('is opened without knowing any file of it: its root %s', async (...[, block]) => {
    const root = dag.put(block);
    const { opening } = await openBlocks(root, block.length === 0 ? new Map() : dag.blocks);
    expect(opening).toEqual(unknownOpening(parseCid(textOfCid(root)) as Cid));
  });

  it('is opened by what is in order', async () => {
    const fine = file('fine.txt', 'fine');
    const { opening } = await open([
      file('..', 'a'),
      file('a/b', 'a'),
      file('', 'a'),
      { name: 'inline.txt', cid: identityCid(Buffer.from('a')) },
      { name: 'odd.txt', cid: Buffer.from('no') },
      { name: 'index.html', cid: Buffer.from('no') },
      fine,
    ]);
    expect(opening.sample).toEqual({ path: 'fine.txt', cid: cidOf(fine), bytes: 4 });
  });

  it('costs three requests more than the root at most, and those may fail', async () => {
    const gone = craftedDag();
    const missing = (name: string): CraftedLink => ({ name, cid: gone.node('directory', [file('x', name)]) });
    const { opening, read } = await open([
      missing('index.html'),
      missing('_redirects'),
      ...['a', 'b', 'c', 'd'].map(missing),
    ]);
    expect(opening).toMatchObject({ kind: 'directory', sample: undefined, plainSample: undefined });
    expect(read).toEqual(['', 'index.html', '_redirects', 'a']);
  });
});

async function built(
  tree: Readonly<Record<string, Held>>,
  profile: CidProfile = 'unixfs-v1-2025',
): Promise<{ build: Build; opening: Opening; blocks: Map<string, Uint8Array> }> {
  using content = dagContent();
  const build = await buildDag({ kind: 'directory', entries: content.entries(tree) }, profile);
  const blocks = new Map<string, Uint8Array>(build.nodes);
  const opening = await openingOf(build);
  for (const [path, { cid }] of build.listing) {
    const held = tree[path];
    if (typeof held === 'string' && !blocks.has(cid)) blocks.set(cid, Buffer.from(held));
  }
  return { build, opening, blocks };
}

describe('a build says of itself what its published tree says', () => {
  it.each([
    ['a site', { 'index.html': '<p>', _redirects: '/* /index.html 200', 'a.js': '1', 'b/c.png': '22' }],
    [
      'an app with a start elsewhere',
      { _redirects: '/ /app.html 302', 'index.html': '<i>', 'app.html': '<b>', 'a.js': '1' },
    ],
    ['files', { 'b.bin': 'bb', 'a.txt': 'aaa' }],
    ['pages only', { 'index.html': '<p>', 'about.html': '<p>about' }],
  ])('%s', async (...[, tree]) => {
    const { build, opening, blocks } = await built(tree);
    expect((await openBlocks(build.root, blocks)).opening).toEqual(opening);
    expect(opening.sample).toBeDefined();
  });

  it('what the bytes of its page are, where the CID of the page is not their hash', async () => {
    const { build, opening, blocks } = await built({ 'index.html': '<p>', 'a.js': '1' }, 'unixfs-v0-2015');
    const sha256 = createHash('sha256').update('<p>').digest('hex');
    expect(opening.sample).toMatchObject({ path: '', bytes: 3, sha256 });
    // A node with a UnixFS message in it: a file, its bytes, their number.
    for (const [path, text] of [
      ['index.html', '<p>'],
      ['a.js', '1'],
    ] as const) {
      const message = Buffer.from([0x08, 2, 0x12, text.length, ...Buffer.from(text), 0x18, text.length]);
      blocks.set(build.listing.get(path)?.cid ?? '', Buffer.from([0x0a, message.length, ...message]));
    }
    // The script is a node, too, and not read for its own sake.
    expect((await openBlocks(build.root, blocks)).opening).toEqual({ ...opening, plainSample: undefined });
  });

  const many = Object.fromEntries(Array.from({ length: 9000 }, (_, nth) => [`${nth}-${'x'.repeat(40)}.json`, '{}']));

  it.each(['unixfs-v1-2025', 'pinata-folder'] as const)('a directory of many shards (%s)', async (profile) => {
    const tree = { ...many, 'index.html': '<p>page</p>', _redirects: '/* /index.html 200' };
    const { build, opening, blocks } = await built(tree, profile);
    const found = await openBlocks(build.root, blocks);
    expect(found.read.length).toBeLessThanOrEqual(4);
    expect(found.opening.sample).toEqual(opening.sample);
    expect([found.opening.redirects, opening.redirects]).toContain(tree._redirects);
  });

  it('a directory of many shards without a page', async () => {
    const { build, blocks } = await built(many);
    const { opening } = await openBlocks(build.root, blocks);
    expect(opening.sample?.cid).toBe(build.listing.get(`0-${'x'.repeat(40)}.json`)?.cid);
    expect(build.listing.has(opening.sample?.path ?? '')).toBe(true);
  });
});

describe('a published tree', () => {
  it('reads what can be opened from gateways, block by block', async () => {
    const { build, opening, blocks } = await built({
      'index.html': '<p>',
      _redirects: '/* /index.html 200',
      'a.js': '1',
    });
    await using gateway = await testGateway(blocks, () => honest);
    const gateways = [{ template: gateway.template, dedicated: true }];
    const tree = createPublishedTree({ root: build.root, gateways, dedicatedKey: undefined, known: new Map() });
    expect(await tree.opening()).toEqual(opening);
    expect(tree.effort().requests).toBe(2);
  });

  it('knows no file where no gateway serves a block', async () => {
    const { build, blocks } = await built({ 'index.html': '<p>' });
    await using gateway = await testGateway(blocks, () => says(504));
    const gateways = [{ template: gateway.template, dedicated: false }];
    const tree = createPublishedTree({ root: build.root, gateways, dedicatedKey: undefined, known: new Map() });
    expect(await tree.opening()).toEqual(unknownOpening(build.root));
  });
});
