import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Held } from '../support/dag-content.ts';
import { dagContent } from '../support/dag-content.ts';
import { importerRoot, PROFILES } from '../support/dag-oracles.ts';

// ipfs-unixfs-importer splits paths at slashes unless a backslash stands before one, so its names have no backslash here.
const name = fc
  .oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }))
  .filter((text) => !/[/\\\0]/.test(text) && text !== '.' && text !== '..');

const KIB_256 = 262_144;
const edges = [0, 1, KIB_256 - 1, KIB_256, KIB_256 + 1, 2 * KIB_256, 4 * KIB_256, 4 * KIB_256 + 1, 9 * KIB_256];
const held: fc.Arbitrary<Held> = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(...edges).map((zeros) => ({ zeros })) },
  { weight: 1, arbitrary: fc.constant(null) },
);

interface Branch {
  readonly children: readonly (readonly [string, Branch | Held])[];
}

const { branch } = fc.letrec<{ branch: Branch; node: Branch | Held }>((tie) => ({
  branch: fc.record({
    children: fc.uniqueArray(fc.tuple(name, tie('node')), { maxLength: 7, selector: ([key]) => key }),
  }),
  node: fc.oneof({ depthSize: 'small', maxDepth: 4 }, held, tie('branch')),
}));

/** Paths → contents. A branch without children is an empty directory. */
function flatten({ children }: Branch, prefix = ''): [string, Held][] {
  return children.flatMap(([key, node]): [string, Held][] => {
    const path = `${prefix}${key}`;
    if (node === null || !(typeof node === 'object' && 'children' in node)) return [[path, node]];
    return node.children.length === 0 ? [[path, null]] : flatten(node, `${path}/`);
  });
}

test.for(PROFILES)('%s: any tree has the root that ipfs-unixfs-importer gives it', async (profile) => {
  await fc.assert(
    fc.asyncProperty(branch, async (tree) => {
      using content = dagContent();
      const entries = content.entries(Object.fromEntries(flatten(tree)));
      const fed = profile === 'pinata-folder' ? entries.filter(({ kind }) => kind === 'file') : entries;
      fc.pre(fed.length > 0);
      const { root } = await buildDag({ kind: 'directory', entries }, profile);
      expect(root).toBe(await importerRoot(fed, profile));
    }),
    { numRuns: 60 },
  );
});

test.for(PROFILES)('%s: any large directory is sharded as ipfs-unixfs-importer does it', async (profile) => {
  const long = fc.string({ minLength: 150, maxLength: 250 }).filter((text) => !/[/\\\0]/.test(text));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(long, { minLength: 1500, maxLength: 1500 }),
      fc.nat(9),
      async (names, directories) => {
        using content = dagContent();
        const tree = names.map((file, index) => [index < directories ? `${file}/inside` : file, 'x'] as const);
        const entries = content.entries(Object.fromEntries(tree));
        const { root } = await buildDag({ kind: 'directory', entries }, profile);
        expect(root).toBe(await importerRoot(entries, profile));
      },
    ),
    { numRuns: 2 },
  );
});

function withShuffled(tree: [string, Held][]) {
  return fc.tuple(fc.constant(tree), fc.shuffledSubarray(tree, { minLength: tree.length }));
}

test('the root depends on paths and bytes only, not on the order of the entries', async () => {
  await fc.assert(
    fc.asyncProperty(branch.map((tree) => flatten(tree)).chain(withShuffled), async ([tree, shuffled]) => {
      using content = dagContent();
      const entries = content.entries(Object.fromEntries(tree));
      const first = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
      const other = await buildDag(
        { kind: 'directory', entries: content.entries(Object.fromEntries(shuffled)) },
        'unixfs-v1-2025',
      );
      expect(other.root).toBe(first.root);
      expect([...other.listing]).toEqual([...first.listing]);
      expect(other.car.bytes).toBe(first.car.bytes);
    }),
    { numRuns: 60 },
  );
});
