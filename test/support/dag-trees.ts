import fc from 'fast-check';
import type { Held } from './dag-content.ts';

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

/** Any tree, as pairs of path and content. Sizes stand around one and several chunks. */
export const trees: fc.Arbitrary<[string, Held][]> = branch.map((tree) => flatten(tree));
