import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { exporter, NotFoundError, type UnixFSEntry, walkPath } from 'ipfs-unixfs-exporter';
import type { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { identity } from 'multiformats/hashes/identity';
import { sha256 } from 'multiformats/hashes/sha2';

export type ReadBlock = (cid: CID) => Promise<Uint8Array | undefined>;

/** Reads a block or throws a MissingBlock. */
export type RequireBlock = (cid: CID) => Promise<Uint8Array>;

export class MissingBlock extends Error {
  constructor(cid: CID) {
    super(`Block ${cid.toString()} is not stored.`);
    this.name = 'MissingBlock';
  }
}

/** The CID at the end of a path, those at each name on the way, and every block that had to be read to get there. */
export interface ResolvedPath {
  readonly cid: CID;
  /** Root first, then one per segment; what X-Ipfs-Roots lists. */
  readonly roots: readonly CID[];
  /** In reading order, shards of sharded directories included, without the end itself. */
  readonly pathCids: readonly CID[];
}

/** Both spellings of a CID that has two: CIDv0 and CIDv1 dag-pb sha2-256 name the same block. */
export function spellings(cid: CID): readonly CID[] {
  if (cid.code !== dagPb.code || cid.multihash.code !== sha256.code) {
    return [cid];
  }
  return [cid, cid.version === 0 ? cid.toV1() : cid.toV0()];
}

/** Inline (identity) CIDs carry their bytes; all others are asked for under each of their spellings. */
export function requireBlocks(read: ReadBlock): RequireBlock {
  return async (cid) => {
    if (cid.multihash.code === identity.code) {
      return cid.multihash.digest;
    }
    for (const spelling of spellings(cid)) {
      const bytes = await read(spelling);
      if (bytes !== undefined) {
        return bytes;
      }
    }
    throw new MissingBlock(cid);
  };
}

/** Walks `segments` down from `root`, through sharded directories too. Throws the exporter's NotFoundError. */
export async function resolvePath(read: RequireBlock, root: CID, segments: readonly string[]): Promise<ResolvedPath> {
  const pathCids: CID[] = [];
  const recorded: RequireBlock = (cid) => {
    pathCids.push(cid);
    return read(cid);
  };
  const roots = [root];
  let cid = root;
  // One segment at a time and only below directories: given a path below a file, the exporter fails in three ways.
  for (const segment of segments) {
    const parent = await readEntry(recorded, cid);
    if (parent.type !== 'directory') {
      throw new NotFoundError(`${cid.toString()} is no directory`);
    }
    for await (const step of walkPath(`${cid.toString()}/${segment}`, readableStore(recorded))) {
      cid = step.cid;
    }
    roots.push(cid);
  }
  return { cid, roots, pathCids };
}

/** What a CID is: a file, a directory with its entries, or something that is not UnixFS (throws). */
export function readEntry(read: RequireBlock, cid: CID): Promise<UnixFSEntry> {
  return exporter(cid, readableStore(read));
}

function readableStore(read: RequireBlock): { get(cid: CID): AsyncGenerator<Uint8Array> } {
  return {
    async *get(cid) {
      yield await read(cid);
    },
  };
}

/**
 * The bytes `start` to `end` (exclusive) of a UnixFS file, one block at a time and only as fast as they are taken.
 * The exporter's own content stream reads ahead without limit, which would hold a large file in memory.
 */
export async function* readFileBytes(
  read: RequireBlock,
  cid: CID,
  range: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  const block = await read(cid);
  if (cid.code === raw.code) {
    yield block.subarray(range.start, range.end);
    return;
  }
  const node = dagPb.decode(block);
  const file = UnixFS.unmarshal(node.Data ?? new Uint8Array());
  const inline = file.data ?? new Uint8Array();
  yield inline.subarray(range.start, range.end);
  let offset = inline.byteLength;
  for (const [index, link] of node.Links.entries()) {
    const bytes = Number(file.blockSizes[index] ?? 0n);
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, bytes);
    if (start < end) {
      yield* readFileBytes(read, link.Hash, { start, end });
    }
    offset += bytes;
  }
}

/** Links of a block by how far a CAR reaches: none, those of the same file or directory, or all. */
export function linksInScope(scope: 'block' | 'entity' | 'all', cid: CID, block: Uint8Array): readonly CID[] {
  if (scope === 'block' || cid.code !== dagPb.code) {
    return [];
  }
  const node = dagPb.decode(block);
  const links = scope === 'all' || node.Data === undefined ? node.Links : entityLinks(node.Links, node.Data);
  return links.map((link) => link.Hash);
}

function entityLinks(links: readonly dagPb.PBLink[], encoded: Uint8Array): readonly dagPb.PBLink[] {
  const unixfs = UnixFS.unmarshal(encoded);
  if (unixfs.type === 'hamt-sharded-directory') {
    const slotChars = ((unixfs.fanout ?? 256n) - 1n).toString(16).length;
    return links.filter((link) => link.Name?.length === slotChars);
  }
  return unixfs.isDirectory() ? [] : links;
}
