import { unprovenHash } from './hashed-name.ts';
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
  const pairBy = (gone: KeyOf, come: KeyOf = gone): void => {
    rest = pairInOrder(rest, { gone, come, moves });
  };
  pairBy(({ file, stripped }) => `${file.cid}/${stripped}`);
  pairBy(({ file, path }) => `${file.cid}/${path.slice(path.lastIndexOf('/') + 1)}`);
  pairBy(({ file }) => file.cid);
  rest = { gone: rest.gone.toSorted(byBytes), come: rest.come.toSorted(byBytes) };
  pairBy(({ stripped }) => stripped);
  pairBy(provenKey, unprovenKey);
  pairBy(unprovenKey, provenKey);
  return { moves, ...rest };
}

/** Files with one key belong together; those without take no part. */
type KeyOf = (named: NamedFile) => string | undefined;

/** A hash that looks like a word, as one in ten does, is one when the other side has a hash in its place. */
function provenKey({ path, stripped }: NamedFile): string | undefined {
  return stripped === path ? undefined : `${path.length}/${stripped}`;
}

function unprovenKey({ path, stripped }: NamedFile): string | undefined {
  const template = stripped === path ? unprovenHash(path) : undefined;
  return template === undefined ? undefined : `${path.length}/${template}`;
}

interface Pairing {
  readonly gone: KeyOf;
  readonly come: KeyOf;
  readonly moves: Move[];
}

/** Pairs the first of both sides that have a key in common, then the second, …; answers what is left, in its order. */
function pairInOrder(sides: Sides, { gone, come, moves }: Pairing): Sides {
  const waiting = new Map<string, NamedFile[]>();
  for (const from of sides.gone.toReversed()) {
    const key = gone(from);
    if (key === undefined) continue;
    const group = waiting.get(key);
    if (group === undefined) waiting.set(key, [from]);
    else group.push(from);
  }
  const paired = new Set<NamedFile>();
  const left = sides.come.filter((to) => {
    const key = come(to);
    const from = key === undefined ? undefined : waiting.get(key)?.pop();
    if (from === undefined) return true;
    moves.push({ from, to });
    paired.add(from);
    return false;
  });
  return { gone: sides.gone.filter((from) => !paired.has(from)), come: left };
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
