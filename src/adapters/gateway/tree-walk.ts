import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import type { Build, ListedFile, Listing } from '../../domain/listing.ts';
import type { DecodedNode } from '../../domain/unixfs-node.ts';
import type { BaseReading } from '../../ports.ts';
import { baseSide, ForeignRules, type ReadBlock } from './base-side.ts';
import { fewAtOnce, type MapFew } from './few-at-once.ts';
import {
  below,
  buildSide,
  byName,
  type Entry,
  entriesOf,
  entriesOfSlot,
  type Place,
  type Resolved,
  slotsOf,
  type TreeSide,
  type WalkedSide,
} from './tree-side.ts';
import { Unreadable } from './unreadable.ts';

/** More than differs between two versions of a site, and little enough to be kept in memory. */
const LINKS_ANYWAY = 15_000;
const LINKS_PER_FILE = 4;
const MOST_PATHS = 200_000;
const MOST_PATH_LENGTHS = 16_000_000;
const MOST_LEVELS = 256;

interface Side extends WalkedSide {
  /** The files that the other side does not have at the same path. */
  readonly files: Map<string, ListedFile>;
}

interface Walk {
  readonly before: Side;
  readonly after: Side;
  readonly emptyDirectories: string[];
  readonly mapFew: MapFew;
  /** Throws Unreadable beyond any reason. */
  readonly arrive: (place: Place) => void;
}

export interface WalkOptions {
  readonly read: ReadBlock;
  readonly rules: 'open' | 'known';
}

/** A side, and where it begins. */
export interface RootedSide {
  readonly side: TreeSide;
  readonly root: Cid;
  /** Bytes of a root that is a raw block. */
  readonly readBytes: () => Promise<number>;
  /** What a single file that is the root itself is called; undefined where nobody knows, and for directories. */
  readonly name: string | undefined;
}

/** What differs between two sides. */
export type Walked =
  | {
      readonly kind: 'read';
      readonly before: Listing;
      readonly after: Listing;
      readonly emptyDirectories: readonly string[];
    }
  | Exclude<BaseReading, { kind: 'read' }>;

/** Compares a build with a base whose blocks `read` brings. */
export async function walkTrees(build: Build, base: Cid, options: WalkOptions): Promise<BaseReading> {
  const published = baseSide({
    ...options,
    profile: build.profile,
    mostLinks: LINKS_ANYWAY + LINKS_PER_FILE * build.listing.size,
  });
  const [name, only] = build.listing.size === 1 ? ([...build.listing][0] ?? []) : [];
  const walked = await walkSides(publishedRoot(published, base, options.read), {
    side: buildSide(build),
    root: build.root,
    readBytes: async () => build.bytes,
    name: only?.cid === build.root ? name : undefined,
  });
  if (walked.kind !== 'read') return walked;
  const { before, after, emptyDirectories } = walked;
  const changedBytes = [...after.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const shared = { files: build.listing.size - after.size, bytes: build.bytes - changedBytes };
  return { kind: 'read', pair: { before, after, shared }, emptyDirectories, strange: published.isStrange() };
}

/** A side that was published before, from its root on. */
export function publishedRoot(side: TreeSide, root: Cid, read: ReadBlock): RootedSide {
  const readBytes = async (): Promise<number> => (await read({ cid: root, path: '', part: 'whole' })).length;
  return { side, root, readBytes, name: undefined };
}

/**
 * Walks two trees at once. What has the same CID on both sides is never entered, so only directories on changed paths are
 * read, and of a sharded directory only the shards that differ.
 */
export async function walkSides(before: RootedSide, after: RootedSide): Promise<Walked> {
  const mapFew = fewAtOnce();
  const walk: Walk = {
    before: { ...before.side, files: new Map(), mapFew },
    after: { ...after.side, files: new Map(), mapFew },
    emptyDirectories: [],
    mapFew,
    arrive: limiter(),
  };
  try {
    await compareRoots(walk, before, after);
  } catch (error) {
    if (error instanceof ForeignRules) return { kind: 'foreign', profile: error.profile };
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
  return {
    kind: 'read',
    before: walk.before.files,
    after: walk.after.files,
    emptyDirectories: walk.emptyDirectories.sort(),
  };
}

function limiter(): Walk['arrive'] {
  let paths = 0;
  let pathLengths = 0;
  return ({ path, level }) => {
    paths += 1;
    pathLengths += path.length;
    if (level > MOST_LEVELS) throw new Unreadable(`it is nested deeper than ${MOST_LEVELS} levels`);
    if (paths > MOST_PATHS || pathLengths > MOST_PATH_LENGTHS) {
      throw new Unreadable(`more than ${MOST_PATHS.toLocaleString('en-US')} paths differ`);
    }
  };
}

/** What a single file is called that is a root itself: it has no name, unless the other side lends it one. */
const LONE_FILE = '(the file itself)';

async function compareRoots(walk: Walk, before: RootedSide, after: RootedSide): Promise<void> {
  const lone = after.name ?? before.name;
  const [old, fresh] = await Promise.all([
    resolveRoot(before, { path: '', level: 0 }),
    resolveRoot(after, { path: lone ?? '', level: 0 }),
  ]);
  if (old.kind === 'directory' && fresh.kind === 'directory') {
    await compareDirectories(walk, [old.node, fresh.node], { path: '', level: 0 });
    return;
  }
  const placeOf = ({ kind }: Resolved): Place => ({ path: kind === 'file' ? (lone ?? LONE_FILE) : '', level: 0 });
  await list(walk, walk.before, { found: old, place: placeOf(old) });
  await list(walk, walk.after, { found: fresh, place: placeOf(fresh) });
}

async function resolveRoot({ side, root, readBytes }: RootedSide, place: Place): Promise<Resolved> {
  const bytes = codecOf(root) === RAW_CODEC ? await readBytes() : 0;
  return await side.resolve({ name: '', cid: root, bytes, inline: undefined }, place);
}

async function compareDirectories(
  walk: Walk,
  [old, fresh]: readonly [DecodedNode, DecodedNode],
  place: Place,
): Promise<void> {
  const differing = await differingEntries(walk, [old, fresh], place);
  const before = byName(differing.before);
  const after = byName(differing.after);
  const gone = [...before.keys()].filter((name) => !after.has(name));
  if (fresh.kind === 'shard' && gone.length > 0 && walk.after.atHand) {
    // A name that only the base seems to have may stand a second time in a shard that both have.
    // Where all of them would have to be fetched to know, that is left open.
    const all = byName(await entriesOf(walk.after, fresh, place));
    if (gone.some((name) => all.has(name))) throw new Unreadable('it has a directory with two entries of one name');
  }
  await walk.mapFew([...new Set([...before.keys(), ...after.keys()])], (name) =>
    compareEntries(walk, [before.get(name), after.get(name)], below(place, name)),
  );
}

async function compareEntries(
  walk: Walk,
  [old, fresh]: readonly [Entry | undefined, Entry | undefined],
  place: Place,
): Promise<void> {
  if (old?.cid === fresh?.cid) return;
  walk.arrive(place);
  const [before, after] = await Promise.all([
    old === undefined ? undefined : walk.before.resolve(old, place),
    fresh === undefined ? undefined : walk.after.resolve(fresh, place),
  ]);
  if (before?.kind === 'directory' && after?.kind === 'directory') {
    await compareDirectories(walk, [before.node, after.node], place);
    return;
  }
  await Promise.all([
    before === undefined ? undefined : list(walk, walk.before, { found: before, place }),
    after === undefined ? undefined : list(walk, walk.after, { found: after, place }),
  ]);
}

/** Lists a file, or all files of a directory, that only one side has. */
async function list(
  walk: Walk,
  side: Side,
  { found, place }: { readonly found: Resolved; readonly place: Place },
): Promise<void> {
  if (found.kind === 'file') {
    side.files.set(place.path, found.file);
    return;
  }
  const entries = byName(await entriesOf(side, found.node, place));
  if (entries.size === 0) walk.emptyDirectories.push(place.path);
  await walk.mapFew([...entries.values()], async (entry) => {
    const inside = below(place, entry.name);
    walk.arrive(inside);
    await list(walk, side, { found: await side.resolve(entry, inside), place: inside });
  });
}

interface Differing {
  readonly before: readonly Entry[];
  readonly after: readonly Entry[];
}

/** The entries of two directories, without the shards and slots that are the same in both. */
async function differingEntries(
  walk: Walk,
  [old, fresh]: readonly [DecodedNode, DecodedNode],
  place: Place,
): Promise<Differing> {
  if (old.kind !== 'shard' || fresh.kind !== 'shard' || old.prefixLength !== fresh.prefixLength) {
    const [before, after] = await Promise.all([
      entriesOf(walk.before, old, place),
      entriesOf(walk.after, fresh, place),
    ]);
    return { before, after };
  }
  const before = slotsOf(old);
  const after = slotsOf(fresh);
  const slots = await walk.mapFew([...new Set([...before.keys(), ...after.keys()])], (slot) =>
    differingSlot(walk, [before.get(slot), after.get(slot)], place),
  );
  return { before: slots.flatMap((slot) => slot.before), after: slots.flatMap((slot) => slot.after) };
}

async function differingSlot(
  walk: Walk,
  [old, fresh]: readonly [Entry | undefined, Entry | undefined],
  place: Place,
): Promise<Differing> {
  if (old?.cid === fresh?.cid && old?.name === fresh?.name) return { before: [], after: [] };
  if (old?.name === '' && fresh?.name === '') {
    const nodes = await Promise.all([walk.before.readShard(old, place), walk.after.readShard(fresh, place)]);
    return await differingEntries(walk, nodes, place);
  }
  const [before, after] = await Promise.all([
    old === undefined ? [] : entriesOfSlot(walk.before, old, place),
    fresh === undefined ? [] : entriesOfSlot(walk.after, fresh, place),
  ]);
  return { before, after };
}
