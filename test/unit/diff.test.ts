import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countChanges,
  type Diff,
  deltaOf,
  diffTrees,
  directoryOf,
  type Extent,
  type FileChange,
  groupChanges,
  isSameContent,
  sizeDelta,
} from '../../src/domain/diff.ts';
import { typeOf } from '../../src/domain/file-type.ts';
import type { Listing } from '../../src/domain/listing.ts';
import { cidNumber } from './account.ts';

const NOTHING = { files: 0, bytes: 0 };

/** path → [number of its content, bytes]; equal contents have equal sizes. */
function listing(files: Readonly<Record<string, readonly [number, number]>>): Listing {
  return new Map(Object.entries(files).map(([path, [content, bytes]]) => [path, { cid: cidNumber(content), bytes }]));
}

/** A diff of which everything is known. */
type WholeDiff = Diff & Readonly<Record<'unchanged' | 'before' | 'after', Extent>>;

function diff(before: Listing, after: Listing, shared = NOTHING): WholeDiff {
  const found = diffTrees({ before, after, shared }, { stripHash: [] });
  const { unchanged, before: was, after: is } = found;
  if (unchanged === undefined || was === undefined || is === undefined) throw new Error('its extent is not known');
  return { ...found, unchanged, before: was, after: is };
}

/** `kind from > path`, in the order of the diff. */
function words({ changes }: Diff): readonly string[] {
  return changes.map((change) =>
    change.kind === 'moved' ? `moved ${change.from} > ${change.path}` : `${change.kind} ${change.path}`,
  );
}

const HASHES = ['', '-B1x9', '-Ck3d', '-DiwrgT9x', '.3f9a1b2c', '.0a1b2c3d'];
const path = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', 'js'), { maxLength: 2 }),
    fc.constantFrom('index', 'app', 'x'),
    fc.constantFrom(...HASHES),
    fc.constantFrom('js', 'css'),
  )
  .map(([directories, name, hash, extension]) => [...directories, `${name}${hash}.${extension}`].join('/'));
/** Few contents, so that many files share one; the size follows from the content, and two contents may have one size. */
const tree = fc
  .uniqueArray(fc.tuple(path, fc.nat(9)), { selector: ([name]) => name, maxLength: 40 })
  .map((files): Listing => new Map(files.map(([name, n]) => [name, { cid: cidNumber(n), bytes: (n % 5) * 100 }])));
/** Another tree with much in common. */
const pair = fc.oneof(
  fc.tuple(tree, tree),
  fc.tuple(tree, tree, fc.infiniteStream(fc.boolean())).map(([before, other, keep]): [Listing, Listing] => {
    const kept = [...before].filter(() => keep.next().value);
    return [before, new Map([...other, ...kept])];
  }),
);

function mirrored(change: FileChange): FileChange {
  switch (change.kind) {
    case 'added':
      return { kind: 'removed', path: change.path, before: change.after };
    case 'removed':
      return { kind: 'added', path: change.path, after: change.before };
    case 'changed':
      return { ...change, before: change.after, after: change.before };
    case 'moved':
      return { kind: 'moved', from: change.path, path: change.from, before: change.after, after: change.before };
  }
}

/** A move is listed by its new path, so where the differences are equal the order of the mirror is another. */
function unordered(changes: readonly FileChange[]): readonly string[] {
  return changes.map((change) => JSON.stringify(Object.entries(change).sort())).sort();
}

/** The name of a generated path without its hash, which its separator says the kind of. */
function bare(name: string): string {
  return name.replace(/(-B1x9|-Ck3d|-DiwrgT9x)/, '-').replace(/\.(3f9a1b2c|0a1b2c3d)/, '.');
}

const PLAIN = ['a', 'b', 'c', 'd', 'a/b', 'c/d'];
/** path → number of its content. */
const plainTree = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...PLAIN), fc.nat(3)), { selector: ([name]) => name })
  .map((files) => new Map(files));

/** No content is at two paths, so that no file can be another one under a new name. */
function ownContents(files: ReadonlyMap<string, number>): Listing {
  return listing(Object.fromEntries([...files].map(([name, n]) => [name, [PLAIN.indexOf(name) * 10 + n, n]])));
}

function compared(old: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): readonly string[] {
  return PLAIN.filter((name) => old.get(name) !== now.get(name))
    .map((name) => (old.has(name) ? (now.has(name) ? `changed ${name}` : `removed ${name}`) : `added ${name}`))
    .sort();
}

describe('what became of each file', () => {
  it('nothing changed between a tree and itself', () => {
    fc.assert(
      fc.property(tree, (files) => {
        const same = diff(files, new Map([...files].toReversed()));
        expect(same.changes).toEqual([]);
        expect(same.unchanged).toEqual(same.before);
        expect(same.unchanged.files).toBe(files.size);
      }),
    );
  });

  it('the diff of the two sides swapped is the mirror, whatever names and contents repeat', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const there = diff(before, after);
        const back = diff(after, before);
        expect(unordered(back.changes)).toEqual(unordered(there.changes.map(mirrored)));
        expect(back).toMatchObject({ before: there.after, after: there.before, unchanged: there.unchanged });
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which files are listed', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const turned = diff(new Map([...before].toReversed()), new Map([...after].toReversed()));
        expect(turned).toEqual(diff(before, after));
      }),
    );
  });

  it('every file of both sides is in exactly one class', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const { changes, unchanged } = diff(before, after);
        const old = changes.filter((one) => one.kind !== 'added');
        const now = changes.filter((one) => one.kind !== 'removed');
        const oldPaths = old.map((one) => (one.kind === 'moved' ? one.from : one.path));
        const nowPaths = now.map((one) => one.path);
        const same = [...before].filter(([name, file]) => after.get(name)?.cid === file.cid).map(([name]) => name);
        expect([...oldPaths, ...same].sort()).toEqual([...before.keys()].sort());
        expect([...nowPaths, ...same].sort()).toEqual([...after.keys()].sort());
        expect(unchanged.files).toBe(same.length);
        for (const [index, one] of old.entries()) expect(one.before).toBe(before.get(oldPaths[index] ?? ''));
        for (const [index, one] of now.entries()) expect(one.after).toBe(after.get(nowPaths[index] ?? ''));
      }),
    );
  });

  it('counts and bytes add up to the two trees', () => {
    fc.assert(
      fc.property(pair, fc.nat(9), ([before, after], n) => {
        const shared = { files: n, bytes: n * 1000 };
        const whole = diff(before, after, shared);
        const bytes = (files: Listing): number => [...files.values()].reduce((sum, file) => sum + file.bytes, n * 1000);
        expect(whole.before).toEqual({ files: before.size + n, bytes: bytes(before) });
        expect(whole.after).toEqual({ files: after.size + n, bytes: bytes(after) });
        expect(sizeDelta(whole)).toBe(whole.after.bytes - whole.before.bytes);
        expect(sizeDelta(whole)).toBe(whole.changes.reduce((sum, change) => sum + deltaOf(change), 0));
        const { added, changed, removed, moved } = countChanges(whole);
        expect(whole.unchanged.files + changed + moved + added).toBe(whole.after.files);
        expect(whole.unchanged.files + changed + moved + removed).toBe(whole.before.files);
      }),
    );
  });

  it('changes are the same where nobody knows what both sides share, and totals are unknown then', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const known = diff(before, after);
        const unknown = diffTrees({ before, after, shared: undefined }, { stripHash: [] });
        expect(unknown).toEqual({ changes: known.changes, unchanged: undefined, before: undefined, after: undefined });
        expect(sizeDelta(unknown)).toBe(sizeDelta(known));
      }),
    );
  });

  it('is the plain comparison path by path where nothing can have moved', () => {
    fc.assert(
      fc.property(plainTree, plainTree, (old, now) => {
        expect(words(diff(ownContents(old), ownContents(now))).toSorted()).toEqual(compared(old, now));
      }),
    );
  });

  it('moves have one content or one name without its hash, and no content is both removed and added', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const { changes } = diff(before, after);
        const renamed = changes.filter((change) => change.kind === 'moved' && !isSameContent(change));
        for (const change of renamed) {
          expect(bare(change.kind === 'moved' ? change.from : '')).toBe(bare(change.path));
        }
        const removed = new Set(changes.filter((one) => one.kind === 'removed').map((one) => one.before.cid));
        const added = new Set(changes.filter((one) => one.kind === 'added').map((one) => one.after.cid));
        expect([...removed].filter((cid) => added.has(cid))).toEqual([]);
      }),
    );
  });
});

describe('moved files', () => {
  it('a bundle with another hash in its name is moved, with other content', () => {
    const result = diff(listing({ 'js/index-B1x9.js': [1, 100] }), listing({ 'js/index-Ck3d.js': [2, 140] }));
    expect(words(result)).toEqual(['moved js/index-B1x9.js > js/index-Ck3d.js']);
    expect(countChanges(result)).toEqual({ added: 0, changed: 0, removed: 0, moved: 1, movedWithOtherContent: 1 });
    expect(result.changes.map(deltaOf)).toEqual([40]);
    expect(result.changes.map(isSameContent)).toEqual([false]);
  });

  it('a file that only has another name counts as moved, not as one with other content', () => {
    const result = diff(listing({ 'a.js': [1, 5], b: [2, 5] }), listing({ 'c.js': [1, 5], b: [3, 5] }));
    expect(countChanges(result)).toEqual({ added: 0, changed: 1, removed: 0, moved: 1, movedWithOtherContent: 0 });
    expect(result.changes.map(isSameContent)).toEqual([false, true]);
  });

  it('the same bytes are moved to the most alike name first: without its hash, then the base name, then in order', () => {
    const before = listing({ '1/one': [1, 5], '3/index-B1x9.js': [1, 5], '4/two': [1, 5], '6/logo.svg': [1, 5] });
    const after = listing({ '0/index-B1x9.js': [1, 5], '3/index-Ck3d.js': [1, 5], '5/logo.svg': [1, 5] });
    expect(new Set(words(diff(before, after)))).toEqual(
      new Set([
        'moved 3/index-B1x9.js > 3/index-Ck3d.js',
        'moved 6/logo.svg > 5/logo.svg',
        'moved 1/one > 0/index-B1x9.js',
        'removed 4/two',
      ]),
    );
  });

  it('names with one pattern are paired from the smallest file on', () => {
    const before = listing({ 'c-B1x9.js': [1, 900], 'c-Ck3d.js': [2, 10] });
    const after = listing({ 'c-A1b2.js': [3, 11], 'c-Z9y8.js': [4, 950], 'c-Q7w6.js': [5, 5000] });
    expect(words(diff(before, after))).toEqual([
      'added c-Q7w6.js',
      'moved c-B1x9.js > c-Z9y8.js',
      'moved c-Ck3d.js > c-A1b2.js',
    ]);
  });

  it('a hash that looks like a word is one where the other side has a hash in its place', () => {
    const word = listing({ 'js/index-Dashlike.js': [1, 5], 'js/page.12345678.css': [2, 5] });
    const hashes = listing({ 'js/index-Ck3dQ9xz.js': [3, 5], 'js/page.3f9a1b2c.css': [4, 5] });
    expect(words(diff(word, hashes))).toEqual([
      'moved js/index-Dashlike.js > js/index-Ck3dQ9xz.js',
      'moved js/page.12345678.css > js/page.3f9a1b2c.css',
    ]);
    expect(words(diff(hashes, word)).every((line) => line.startsWith('moved'))).toBe(true);
    const onlyWords = diff(listing({ 'guide-overview.html': [1, 5] }), listing({ 'guide-tutorial.html': [2, 5] }));
    expect(countChanges(onlyWords)).toMatchObject({ added: 1, removed: 1, moved: 0 });
  });

  it('a name that nobody has is not searched for a hash for ever', { timeout: 2000 }, () => {
    const long = `${'.aaaaaaaa'.repeat(20_000)}!`;
    expect(countChanges(diff(listing({ [long]: [1, 5] }), listing({ 'a-Ck3dQ9xz.js': [2, 5] })))).toMatchObject({
      added: 1,
      removed: 1,
    });
  });

  it('a copy of a file that stays is added', () => {
    const before = listing({ a: [1, 5] });
    expect(words(diff(before, listing({ a: [1, 5], b: [1, 5] })))).toEqual(['added b']);
  });

  it('a file that becomes a directory is removed', () => {
    expect(new Set(words(diff(listing({ a: [1, 5] }), listing({ 'a/b': [2, 5] }))))).toEqual(
      new Set(['removed a', 'added a/b']),
    );
  });

  it('hashes of the user’s own kind count too', () => {
    const before = listing({ 'app.build17.js': [1, 5] });
    const after = listing({ 'app.build18.js': [2, 5] });
    expect(words(diffTrees({ before, after, shared: NOTHING }, { stripHash: [/build\d+/] }))).toEqual([
      'moved app.build17.js > app.build18.js',
    ]);
    expect(countChanges(diff(before, after)).moved).toBe(0);
  });
});

describe('the order and the groups of changes', () => {
  it('the largest difference is first, whether more or less, and what has none is last, by path', () => {
    const before = listing({ z: [1, 100], y: [2, 50], 'b/m': [3, 7], e: [4, 9] });
    const after = listing({ z: [5, 90], x: [6, 60], 'a/m': [3, 7], e: [7, 9] });
    expect(words(diff(before, after))).toEqual(['added x', 'removed y', 'changed z', 'moved b/m > a/m', 'changed e']);
  });

  it('groups add up to the whole, by directory and by type', () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(directoryOf, typeOf), ([before, after], nameOf) => {
        const whole = diff(before, after);
        const groups = groupChanges(whole, nameOf);
        const sum = (read: (group: (typeof groups)[number]) => number): number =>
          groups.reduce((total, group) => total + read(group), 0);
        const { movedWithOtherContent: _, ...counts } = countChanges(whole);
        expect({
          added: sum((group) => group.added),
          changed: sum((group) => group.changed),
          removed: sum((group) => group.removed),
          moved: sum((group) => group.moved),
        }).toEqual(counts);
        expect(sum((group) => group.delta)).toBe(sizeDelta(whole));
        expect(sum((group) => group.bytesBefore)).toBe(whole.before.bytes - whole.unchanged.bytes);
        expect(sum((group) => group.bytesAfter)).toBe(whole.after.bytes - whole.unchanged.bytes);
        for (const group of groups) expect(group.delta).toBe(group.bytesAfter - group.bytesBefore);
        expect(groups.map(({ delta }) => Math.abs(delta))).toEqual(
          groups.map(({ delta }) => Math.abs(delta)).sort((a, b) => b - a),
        );
      }),
    );
  });

  it('a file that moves to another directory takes its bytes along', () => {
    const groups = groupChanges(diff(listing({ 'a/x': [1, 70] }), listing({ 'b/x': [1, 70], y: [2, 3] })), directoryOf);
    expect(
      groups.map(({ name, delta, moved, movedAway, added }) => ({ name, delta, moved, movedAway, added })),
    ).toEqual([
      { name: 'a', delta: -70, moved: 0, movedAway: 1, added: 0 },
      { name: 'b', delta: 70, moved: 1, movedAway: 0, added: 0 },
      { name: '.', delta: 3, moved: 0, movedAway: 0, added: 1 },
    ]);
  });

  it.each([
    ['a/app.js', 'JavaScript'],
    ['app.mjs', 'JavaScript'],
    ['app.js.map', 'Source maps'],
    ['STYLE.CSS', 'CSS'],
    ['index.html', 'HTML'],
    ['a.b/logo.SVG', 'Images'],
    ['f.woff2', 'Fonts'],
    ['v.mp4', 'Media'],
    ['site.webmanifest', 'Data'],
    ['m.wasm', 'WebAssembly'],
    ['LICENSE', 'Other'],
    ['a.js/LICENSE', 'Other'],
    ['.js', 'Other'],
    ['x.constructor', 'Other'],
  ])('%s is of the type %s', (name, type) => {
    expect(typeOf(name)).toBe(type);
  });

  it('40,000 files that all differ take less than a second of this thread', () => {
    const build = (hash: (n: number) => string, content: number): Listing =>
      new Map(
        Array.from({ length: 20_000 }, (_, n) => [
          `d${n % 300}/chunk${n % 50}-${hash(n)}.js`,
          { cid: cidNumber(content + (n % 9)), bytes: n % 1000 },
        ]),
      );
    const before = build((n) => `B1x9${(n * 7).toString(36).padStart(4, 'Q')}`, 0);
    const after = build((n) => `Ck3d${(n * 5).toString(36).padStart(4, 'Z')}`, 5);
    const start = process.threadCpuUsage();
    const whole = diff(before, after);
    groupChanges(whole, directoryOf);
    const { user, system } = process.threadCpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(1);
    expect(whole.before.files + whole.after.files).toBe(40_000);
  });
});
