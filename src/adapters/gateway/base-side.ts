import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import { foreignProfile } from '../../domain/encoding.ts';
import type { CidProfile } from '../../domain/listing.ts';
import { type DecodedNode, decodeNode } from '../../domain/unixfs-node.ts';
import type { Entry, Place, TreeSide } from './tree-side.ts';
import { Unreadable } from './unreadable.ts';

/** A block of the base, and where it is seen: some gateways answer by its path only. */
export interface WantedBlock {
  readonly cid: Cid;
  /** From the root of the base; '' for the root itself. */
  readonly path: string;
  /** `shard`: an inner part of the sharded directory at the path, which has no path of its own. */
  readonly part: 'whole' | 'shard';
}

/** Answers the verified bytes of a block, or throws Unreadable. */
export type ReadBlock = (wanted: WantedBlock) => Promise<Uint8Array>;

/** The base follows the rules of another profile. */
export class ForeignRules extends Error {
  readonly profile: CidProfile;
  constructor(profile: CidProfile) {
    super(profile);
    this.profile = profile;
  }
}

export interface BaseOptions {
  readonly read: ReadBlock;
  /** The build's. */
  readonly profile: CidProfile;
  /** `open`: throws ForeignRules as soon as a node shows that it was made by those of another profile. */
  readonly rules: 'open' | 'known';
}

/** The side that was published before: each node is read when it is needed. */
export function baseSide({ read, profile, rules }: BaseOptions): TreeSide & { readonly isStrange: () => boolean } {
  let strange = false;

  async function readNode(entry: Entry, { path }: Place, part: WantedBlock['part']): Promise<DecodedNode> {
    const block = entry.inline ?? (await read({ cid: entry.cid, path, part }));
    const node = decodeNode(block);
    if (node === undefined) throw new Unreadable('it holds something else than UnixFS');
    const foreign = foreignRules(node, profile);
    if (foreign !== undefined && foreign !== 'unknown' && rules === 'open') throw new ForeignRules(foreign);
    strange ||= foreign !== undefined;
    return node;
  }

  return {
    isStrange: () => strange,
    readShard: async (entry, place) => await readNode(entry, place, 'shard'),
    resolve: async (entry, place) => {
      const { cid } = entry;
      if (codecOf(cid) === RAW_CODEC) return { kind: 'file', file: { cid, bytes: entry.bytes } };
      const node = await readNode(entry, place, 'whole');
      if (node.kind === 'directory' || node.kind === 'shard') return { kind: 'directory', node };
      return { kind: 'file', file: { cid, bytes: node.fileBytes ?? node.inlineBytes } };
    },
  };
}

const SHA2_256 = 0x12;

/** By which rules a node was made, when they are not those of the build's profile. */
function foreignRules(
  { kind, links, partBytes }: DecodedNode,
  profile: CidProfile,
): CidProfile | 'unknown' | undefined {
  const [first] = links;
  if (first === undefined) {
    // A chunk with a header, under CIDv1: kubo makes such, no profile does.
    return kind === 'file' && profile !== 'unixfs-v0-2015' ? 'unknown' : undefined;
  }
  const version = first.cid[0] === SHA2_256 ? 0 : 1;
  // Below a link of a file of two levels lies more than a chunk; raw blocks are chunks.
  const isAboveChunks = kind === 'file' && links.length > 1 && first.cid[0] === 1 && first.cid[1] === RAW_CODEC;
  return foreignProfile({ version, chunkBytes: isAboveChunks ? partBytes[0] : undefined }, profile);
}
