import type { ListedFile } from './listing.ts';

export interface NamedFile {
  readonly path: string;
  /** The path without the content hash in it. */
  readonly stripped: string;
  readonly file: ListedFile;
}

interface Sides {
  readonly gone: readonly NamedFile[];
  readonly come: readonly NamedFile[];
}

interface Move {
  readonly from: NamedFile;
  readonly to: NamedFile;
}

export interface Moves extends Sides {
  readonly moves: readonly Move[];
}

/**
 * Which of the files that are gone came back under another name. Each rule pairs what the ones before it left: the same
 * bytes first, the names most alike first among them. With the sides swapped the pairs are the same.
 */
export function pairMoves(sides: Sides): Moves {
  const moves: Move[] = [];
  let rest: Sides = { gone: sides.gone.toSorted(byPath), come: sides.come.toSorted(byPath) };
  const pairBy = (keyOf: (named: NamedFile) => string): void => {
    rest = pairInOrder(rest, { keyOf, moves });
  };
  pairBy(({ file, stripped }) => `${file.cid}/${stripped}`);
  pairBy(({ file, path }) => `${file.cid}/${path.slice(path.lastIndexOf('/') + 1)}`);
  pairBy(({ file }) => file.cid);
  rest = { gone: rest.gone.toSorted(byBytes), come: rest.come.toSorted(byBytes) };
  pairBy(({ stripped }) => stripped);
  return { moves, ...rest };
}

interface Pairing {
  readonly keyOf: (named: NamedFile) => string;
  readonly moves: Move[];
}

/** Pairs the first of both sides that have a key in common, then the second, …; answers what is left, in its order. */
function pairInOrder(sides: Sides, { keyOf, moves }: Pairing): Sides {
  const waiting = new Map<string, NamedFile[]>();
  for (const from of sides.gone.toReversed()) {
    const key = keyOf(from);
    const group = waiting.get(key);
    if (group === undefined) waiting.set(key, [from]);
    else group.push(from);
  }
  const paired = new Set<NamedFile>();
  const come = sides.come.filter((to) => {
    const from = waiting.get(keyOf(to))?.pop();
    if (from === undefined) return true;
    moves.push({ from, to });
    paired.add(from);
    return false;
  });
  return { gone: sides.gone.filter((from) => !paired.has(from)), come };
}

function byPath(a: NamedFile, b: NamedFile): number {
  return compareCodeUnits(a.path, b.path);
}

function byBytes(a: NamedFile, b: NamedFile): number {
  return a.file.bytes - b.file.bytes || byPath(a, b);
}

/** The same order on every machine, whatever its locale. */
export function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
