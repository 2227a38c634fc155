import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import { type EncodingTrait, foreignProfile } from '../../domain/encoding.ts';
import type { CidProfile } from '../../domain/listing.ts';
import { countLinks, type DecodedNode, decodeNode } from '../../domain/unixfs-node.ts';
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
  /** The build's; undefined where there is no build, and rules are only noted. */
  readonly profile: CidProfile | undefined;
  /** `open`: throws ForeignRules as soon as a node shows that it was made by those of another profile. */
  readonly rules: 'open' | 'known';
  /** In all nodes together: a small block that is linked from everywhere stands for any number of entries. */
  readonly mostLinks: number;
}

/** What a node shows of the rules by which it was made. `header`: a chunk is wrapped, as all are under CIDv0. */
export type Trait = 'CIDv0' | 'CIDv1' | 'header' | `chunks of ${number}`;

export interface PublishedSide extends TreeSide {
  /** It has nodes that no profile makes, or that follow another one than the build. */
  readonly isStrange: () => boolean;
  readonly traits: ReadonlySet<Trait>;
}

/** A side that was published before: each node is read when it is needed. */
export function baseSide({ read, profile, rules, mostLinks }: BaseOptions): PublishedSide {
  let strange = false;
  const traits = new Set<Trait>();
  let links = 0;
  // One for all that is under way when it happens: errors are large.
  const tooMany = new Unreadable(`more than ${mostLinks.toLocaleString('en-US')} entries would have to be compared`);

  function decode(block: Uint8Array): DecodedNode {
    // Counted before they are decoded. Once there are too many, whatever else was under way ends here too.
    if (links <= mostLinks) links += 1 + countLinks(block);
    if (links > mostLinks) throw tooMany;
    const node = decodeNode(block);
    if (node === undefined) throw new Unreadable('it holds something else than UnixFS');
    return node;
  }

  async function readNode(entry: Entry, { path }: Place, part: WantedBlock['part']): Promise<DecodedNode> {
    const node = decode(entry.inline ?? (await read({ cid: entry.cid, path, part })));
    const trait = traitOf(node);
    for (const name of namesOf(trait)) traits.add(name);
    const foreign = profile === undefined ? undefined : foreignRules(trait, profile);
    if (foreign !== undefined && foreign !== 'unknown' && rules === 'open') throw new ForeignRules(foreign);
    strange ||= foreign !== undefined;
    return node;
  }

  return {
    atHand: false,
    traits,
    isStrange: () => strange,
    readShard: async (entry, place) => await readNode(entry, place, 'shard'),
    resolve: async (entry, place) => {
      const { cid } = entry;
      // Content inside a CID: no profile makes such, and the same bytes have another CID here.
      strange ||= entry.inline !== undefined;
      if (codecOf(cid) === RAW_CODEC) return { kind: 'file', file: { cid, bytes: entry.bytes } };
      const node = await readNode(entry, place, 'whole');
      if (node.kind === 'directory' || node.kind === 'shard') return { kind: 'directory', node };
      return { kind: 'file', file: { cid, bytes: node.fileBytes ?? node.inlineBytes } };
    },
  };
}

const SHA2_256 = 0x12;

/** `header`: a chunk with a header around it; undefined for a node that shows nothing. */
function traitOf({ kind, links, partBytes }: DecodedNode): EncodingTrait | 'header' | undefined {
  const [first] = links;
  if (first === undefined) return kind === 'file' ? 'header' : undefined;
  const version = first.cid[0] === SHA2_256 ? 0 : 1;
  // Below a link of a file of two levels lies more than a chunk; raw blocks are chunks.
  const isAboveChunks = kind === 'file' && links.length > 1 && first.cid[0] === 1 && first.cid[1] === RAW_CODEC;
  return { version, chunkBytes: isAboveChunks ? partBytes[0] : undefined };
}

/** By which rules a node was made, when they are not those of the build's profile. */
function foreignRules(
  trait: EncodingTrait | 'header' | undefined,
  profile: CidProfile,
): CidProfile | 'unknown' | undefined {
  if (trait === undefined) return undefined;
  // Under CIDv1 kubo makes such, and no profile does.
  if (trait === 'header') return profile === 'unixfs-v0-2015' ? undefined : 'unknown';
  return foreignProfile(trait, profile);
}

function namesOf(trait: EncodingTrait | 'header' | undefined): readonly Trait[] {
  if (trait === undefined) return [];
  if (trait === 'header') return [trait];
  const { version, chunkBytes } = trait;
  return [`CIDv${version}`, ...(chunkBytes === undefined ? [] : [`chunks of ${chunkBytes}` as const])];
}
