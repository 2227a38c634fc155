import fc from 'fast-check';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Build, CidProfile, Listing } from '../../src/domain/listing.ts';
import { dagContent, type Held } from '../support/dag-content.ts';

export type Tree = Readonly<Record<string, Held>>;

export async function buildOf(tree: Tree, profile: CidProfile = 'unixfs-v1-2025'): Promise<Build> {
  using content = dagContent();
  return await buildDag({ kind: 'directory', entries: content.entries(tree) }, profile);
}

/** What a full comparison of two builds finds. */
export function fullComparison({ listing: before }: Build, { listing: after }: Build) {
  const differing = (one: Listing, other: Listing): Listing =>
    new Map([...one].filter(([path, { cid }]) => other.get(path)?.cid !== cid));
  const shared = [...after].filter(([path, { cid }]) => before.get(path)?.cid === cid);
  return {
    before: differing(before, after),
    after: differing(after, before),
    shared: { files: shared.length, bytes: shared.reduce((sum, [, { bytes }]) => sum + bytes, 0) },
  };
}

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 })
  .map((names) => names.join('/'));
const held: fc.Arbitrary<Held> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', 'one', 'two', 'three') },
  { weight: 1, arbitrary: fc.constantFrom(1_048_577, 9 * 262_144).map((zeros) => ({ zeros })) },
  { weight: 1, arbitrary: fc.constant(null) },
);

function treeOf(drawn: readonly (readonly [path: string, held: Held])[]): Tree {
  const kept = new Map<string, Held>();
  for (const [place, content] of drawn) {
    const clashes = [...kept.keys()].some((other) => place.startsWith(`${other}/`) || other.startsWith(`${place}/`));
    if (!clashes) kept.set(place, content);
  }
  return Object.fromEntries(kept);
}

const drawn = fc.array(fc.tuple(path, held), { minLength: 1, maxLength: 10 });

/** Two trees that share a part. */
export const treePair: fc.Arbitrary<readonly [before: Tree, after: Tree]> = fc
  .tuple(drawn, drawn, drawn)
  .map(([common, one, other]) => [treeOf([...one, ...common]), treeOf([...other, ...common])]);
