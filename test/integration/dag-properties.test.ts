import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Held } from '../support/dag-content.ts';
import { dagContent } from '../support/dag-content.ts';
import { importerRoot, PROFILES } from '../support/dag-oracles.ts';
import { trees } from '../support/dag-trees.ts';

test.for(PROFILES)('%s: any tree has the root that ipfs-unixfs-importer gives it', async (profile) => {
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      using content = dagContent();
      const entries = content.entries(Object.fromEntries(tree));
      const fed = profile === 'pinata-folder' ? entries.filter(({ kind }) => kind === 'file') : entries;
      fc.pre(fed.length > 0);
      const { root } = await buildDag({ kind: 'directory', entries }, profile);
      expect(root).toBe(await importerRoot(fed, profile));
    }),
    { numRuns: 30 },
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
    { numRuns: 1 },
  );
});

function withShuffled(tree: [string, Held][]) {
  return fc.tuple(fc.constant(tree), fc.shuffledSubarray(tree, { minLength: tree.length }));
}

test('the root depends on paths and bytes only, not on the order of the entries', async () => {
  await fc.assert(
    fc.asyncProperty(trees.chain(withShuffled), async ([tree, shuffled]) => {
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
    { numRuns: 30 },
  );
});
