import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import type { Build, ListedFile } from '../../domain/listing.ts';
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

/**
 * Walks two trees at once: a build, and a base whose blocks `read` brings. What has the same CID on both sides is never
 * entered, so only directories on changed paths are read, and of a sharded directory only the shards that differ.
 */
export async function walkTrees(build: Build, base: Cid, options: WalkOptions): Promise<BaseReading> {
  const published = baseSide({
    ...options,
    profile: build.profile,
    mostLinks: LINKS_ANYWAY + LINKS_PER_FILE * build.listing.size,
  });
  const mapFew = fewAtOnce();
  const walk: Walk = {
    before: { ...published, files: new Map(), mapFew },
    after: { ...buildSide(build), files: new Map(), mapFew },
    emptyDirectories: [],
    mapFew,
    arrive: limiter(),
  };
  try {
    await compareRoots(walk, build, { cid: base, read: options.read });
  } catch (error) {
    if (error instanceof ForeignRules) return { kind: 'foreign', profile: error.profile };
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message };
    throw error;
  }
  const { files } = walk.after;
  const changedBytes = [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    kind: 'read',
    pair: {
      before: walk.before.files,
      after: files,
      shared: { files: build.listing.size - files.size, bytes: build.bytes - changedBytes },
    },
    emptyDirectories: walk.emptyDirectories.sort(),
    strange: published.isStrange(),
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

/** What a base that is a single file is called beside a build that is a directory: it has no name. */
const LONE_FILE = '(the file itself)';

async function compareRoots(
  walk: Walk,
  build: Build,
  base: { readonly cid: Cid; readonly read: ReadBlock },
): Promise<void> {
  const [name, only] = build.listing.size === 1 ? ([...build.listing][0] ?? []) : [];
  // A build of one file that is the root itself lends its name to a base of the same kind.
  const lone = name !== undefined && only?.cid === build.root ? name : undefined;
  const rootOf = (cid: Cid, bytes: number): Entry => ({ name: '', cid, bytes, inline: undefined });
  const bytes =
    codecOf(base.cid) === RAW_CODEC ? (await base.read({ cid: base.cid, path: '', part: 'whole' })).length : 0;
  const old = await walk.before.resolve(rootOf(base.cid, bytes), { path: '', level: 0 });
  const fresh = await walk.after.resolve(rootOf(build.root, build.bytes), { path: lone ?? '', level: 0 });
  if (old.kind === 'directory' && fresh.kind === 'directory') {
    await compareDirectories(walk, [old.node, fresh.node], { path: '', level: 0 });
    return;
  }
  await list(walk, walk.before, {
    found: old,
    place: { path: old.kind === 'file' ? (lone ?? LONE_FILE) : '', level: 0 },
  });
  await list(walk, walk.after, { found: fresh, place: { path: lone ?? '', level: 0 } });
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
  if (fresh.kind === 'shard' && gone.length > 0) {
    // A name that only the base seems to have may stand a second time in a shard that both have.
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
  const before = old === undefined ? undefined : await walk.before.resolve(old, place);
  const after = fresh === undefined ? undefined : await walk.after.resolve(fresh, place);
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
