import { type Cid, codecOf, DAG_PB_CODEC } from '../../domain/cid.ts';
import { countLinks, type DecodedLink, type DecodedNode, decodeNode } from '../../domain/unixfs-node.ts';
import { isBlockOf } from './block-walk-answers.ts';
import { type Entry, entryOf } from './tree-side.ts';
import { Unreadable } from './unreadable.ts';

/** A block that the DAG has below what was read of it. */
export interface Want {
  readonly cid: Cid;
  /** From the root; undefined where no path leads there. */
  readonly path: string | undefined;
  /** `entity`: a part of the file or sharded directory at the path, without a path of its own. */
  readonly part: 'whole' | 'entity';
  /** Where in the file it lies, as far as its nodes tell. */
  readonly range: Range | undefined;
  /** How many of the descents of a sample lead here. */
  readonly draws: number;
}

export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface WantLimits {
  /** Blocks that are known of at a time: each takes some hundred bytes of memory. */
  readonly blocks: number;
  readonly links: number;
  /** Characters of all names. */
  readonly names: number;
}

export const WANT_LIMITS: WantLimits = { blocks: 300_000, links: 3_000_000, names: 32_000_000 };

export interface WantsOptions {
  readonly root: Cid;
  /** How many ways are drawn from the root to the leaves; undefined for all there are. */
  readonly descents: number | undefined;
  /** From 0 (inclusive) to 1. */
  readonly random: () => number;
  readonly limits: WantLimits;
}

/** Why a walk ends early: the DAG cannot be right (in words that follow "block … "), or it is larger than is kept in mind. */
export type Halt = { readonly kind: 'fault'; readonly reason: string } | { readonly kind: 'too large' };

/** What was read of a DAG, and what is still to be read. Each CID is wanted once, wherever it is linked. */
export interface Wants {
  /** Takes a block, whoever sent it: only what is wanted and hashes to its CID counts. */
  take(cid: Cid, bytes: Uint8Array): 'taken' | 'unwanted' | 'wrong';
  /** Gives up what cannot be asked for. */
  skip(want: Want): void;
  readonly wanted: ReadonlyMap<Cid, Want>;
  /** How many parts are wanted of the file or sharded directory at a path. */
  partsAt(path: string | undefined): number;
  halt(): Halt | undefined;
  readonly tally: { readonly blocks: number; readonly bytes: number; readonly skipped: number };
  /** About how many blocks the DAG has, by the leaves that were drawn. */
  estimate(totalBytes: number): number;
}

export function createWants({ root, descents, random, limits }: WantsOptions): Wants {
  const ledger = createLedger(limits);
  const { wanted, tally } = ledger;
  // Large blocks are drawn more often, each by its size: that is what dividing by it takes out again.
  const leaves = { draws: 0, inverse: 0 };
  ledger.want({ cid: root, path: '', part: 'whole', range: undefined, draws: descents ?? 1 });

  function expand(parent: Want, bytes: Uint8Array): void {
    if (!ledger.hasRoomFor(bytes)) return;
    const node = decodeNode(bytes);
    if (node === undefined) throw new Unreadable('it holds something else than UnixFS');
    if (node.links.length === 0) countLeaf(parent, bytes);
    if (descents === undefined)
      for (const link of node.links) follow(parent, node, { link, draws: 1, range: undefined });
    else followSome(parent, node);
  }

  /** Where only some parts of a file are read, they are asked for by their place in it. */
  function followSome(parent: Want, node: DecodedNode): void {
    for (const [index, draws] of drawLinks(node.links, { draws: parent.draws, random })) {
      const link = node.links[index];
      if (link !== undefined) follow(parent, node, { link, draws, range: rangeOf(parent, node, index) });
    }
  }

  function follow(parent: Want, node: DecodedNode, { link, ...rest }: Followed): void {
    if (ledger.halt() !== undefined) return;
    const entry = entryOf(link, node.kind === 'shard' ? node.prefixLength : 0);
    const child = { ...childOf(parent, node, entry), ...rest };
    if (entry.inline === undefined) ledger.want(child, entry.name);
    else if (codecOf(entry.cid) === DAG_PB_CODEC) expand(child, entry.inline);
  }

  function countLeaf({ draws }: Want, bytes: Uint8Array): void {
    leaves.draws += draws;
    leaves.inverse += draws / Math.max(1, bytes.length);
  }

  return {
    wanted,
    tally,
    halt: ledger.halt,
    partsAt: ledger.partsAt,
    skip: ledger.skip,
    estimate: (totalBytes) =>
      Math.max(tally.blocks, leaves.draws === 0 ? 0 : Math.round((totalBytes * leaves.inverse) / leaves.draws)),
    take: (cid, bytes) => {
      const found = wanted.get(cid);
      if (found === undefined) return 'unwanted';
      if (!isBlockOf(cid, bytes)) return 'wrong';
      ledger.drop(found);
      tally.blocks += 1;
      tally.bytes += bytes.length;
      if (codecOf(cid) === DAG_PB_CODEC) ledger.faultless(() => expand(found, bytes));
      else countLeaf(found, bytes);
      return 'taken';
    },
  };
}

interface Followed extends Pick<Want, 'draws' | 'range'> {
  readonly link: DecodedLink;
}

/** Which blocks are wanted and were, within what memory holds. */
function createLedger(limits: WantLimits) {
  const wanted = new Map<Cid, Want>();
  const seen = new Set<Cid>();
  const parts = new Map<string | undefined, number>();
  const tally = { blocks: 0, bytes: 0, skipped: 0 };
  let [links, names] = [0, 0];
  let halt: Halt | undefined;

  function countPart({ path, part }: Want, change: 1 | -1): void {
    if (part === 'entity') parts.set(path, (parts.get(path) ?? 0) + change);
  }

  function drop(gone: Want): void {
    wanted.delete(gone.cid);
    countPart(gone, -1);
  }

  return {
    wanted,
    tally,
    drop,
    halt: () => halt,
    partsAt: (path: string | undefined) => parts.get(path) ?? 0,
    skip: (gone: Want) => {
      drop(gone);
      tally.skipped += 1;
    },
    want: (next: Want, name = '') => {
      const before = wanted.get(next.cid);
      if (before !== undefined) wanted.set(next.cid, { ...before, draws: before.draws + next.draws });
      if (seen.has(next.cid)) return;
      seen.add(next.cid);
      wanted.set(next.cid, next);
      countPart(next, 1);
      names += name.length;
      if (seen.size > limits.blocks || names > limits.names) halt ??= { kind: 'too large' };
    },
    /** Counted before a node is decoded. */
    hasRoomFor: (node: Uint8Array) => {
      links += countLinks(node);
      if (links > limits.links) halt ??= { kind: 'too large' };
      return halt === undefined;
    },
    faultless: (work: () => void) => {
      try {
        work();
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        halt ??= { kind: 'fault', reason: error.message };
      }
    },
  };
}

function childOf(parent: Want, { kind }: DecodedNode, { cid, name }: Entry): Omit<Want, 'draws' | 'range'> {
  const isPart = kind === 'file' || (kind === 'shard' && name === '');
  if (isPart) return { cid, path: parent.path, part: 'entity' };
  return { cid, path: pathBelow(parent.path, name), part: 'whole' };
}

/** Servers take no longer ones. */
const LONGEST_PATH = 4096;

/** Undefined where a gateway would take the name for something else. */
function pathBelow(path: string | undefined, name: string): string | undefined {
  if (path === undefined || name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return undefined;
  if (path.length + name.length > LONGEST_PATH) return undefined;
  return path === '' ? name : `${path}/${name}`;
}

function rangeOf({ range, part }: Want, node: DecodedNode, index: number): Range | undefined {
  const { kind, partBytes, inlineBytes } = node;
  if (kind !== 'file') return undefined;
  const bytes = partBytes[index];
  const start = part === 'whole' ? 0 : range?.from;
  if (bytes === undefined || start === undefined) return undefined;
  const from = partBytes.slice(0, index).reduce((sum, part) => sum + part, start + inlineBytes);
  return { from, to: from + bytes };
}

/** Links drawn by the bytes that each leads to, with how often each was. */
function drawLinks(
  links: readonly DecodedLink[],
  { draws, random }: { readonly draws: number; readonly random: () => number },
): ReadonlyMap<number, number> {
  const ends = new Float64Array(links.length);
  let sum = 0;
  for (const [index, { tsize }] of links.entries()) {
    // What claims to be empty may be drawn too.
    sum += Math.max(1, tsize);
    ends[index] = sum;
  }
  const found = new Map<number, number>();
  for (let draw = 0; draw < draws && links.length > 0; draw += 1) {
    const index = firstBeyond(ends, random() * sum);
    found.set(index, (found.get(index) ?? 0) + 1);
  }
  return found;
}

function firstBeyond(ends: Float64Array, point: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) > point) high = middle;
    else low = middle + 1;
  }
  return low;
}
