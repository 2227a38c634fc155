import { CID } from 'multiformats/cid';
import { type Cid, cidFromDigest, cidOf, DAG_PB_CODEC, RAW_CODEC } from '../../domain/cid.ts';
import type { Build, ListedFile } from '../../domain/listing.ts';
import { type DecodedLink, type DecodedNode, decodeNode } from '../../domain/unixfs-node.ts';
import type { MapFew } from './few-at-once.ts';
import { Unreadable } from './unreadable.ts';

/** What a directory has under a name. */
export interface Entry {
  readonly name: string;
  readonly cid: Cid;
  /** What the link claims to lead to: for a raw block the bytes of the file. */
  readonly bytes: number;
  /** The block itself, where the CID holds it. */
  readonly inline: Uint8Array | undefined;
}

export interface Place {
  /** From the root; '' for the root itself. */
  readonly path: string;
  readonly level: number;
}

export type Resolved =
  | { readonly kind: 'file'; readonly file: ListedFile }
  | { readonly kind: 'directory'; readonly node: DecodedNode };

/** One of two trees that are compared. */
export interface TreeSide {
  /** All of it is in memory: to look at it costs no request. */
  readonly atHand: boolean;
  /** What an entry is; a directory comes with its node. */
  resolve(entry: Entry, place: Place): Promise<Resolved>;
  /** An inner part of the sharded directory at a place. */
  readShard(entry: Entry, place: Place): Promise<DecodedNode>;
}

/** A tree that is walked. */
export interface WalkedSide extends TreeSide {
  readonly mapFew: MapFew;
}

/** The build: all of it is in memory. */
export function buildSide({ listing, nodes }: Build): TreeSide {
  const nodeOf = ({ cid, inline }: Entry): DecodedNode => {
    const block = inline ?? nodes.get(cid);
    const node = block === undefined ? undefined : decodeNode(block);
    if (node === undefined) throw new RangeError(`The build has no node ${cid}.`);
    return node;
  };
  return {
    atHand: true,
    resolve: async (entry, { path }) => {
      const file = listing.get(path);
      return file?.cid === entry.cid ? { kind: 'file', file } : { kind: 'directory', node: nodeOf(entry) };
    },
    readShard: async (entry) => nodeOf(entry),
  };
}

/** All entries of a directory, through all of its shards. */
export async function entriesOf(side: WalkedSide, node: DecodedNode, place: Place): Promise<readonly Entry[]> {
  if (node.kind !== 'shard') return node.links.map((link) => entryOf(link, 0));
  const slots = [...slotsOf(node).values()];
  const shards = slots.filter(({ name }) => name === '');
  const inner = await side.mapFew(shards, (shard) => entriesOfSlot(side, shard, place));
  return [...slots.filter(({ name }) => name !== ''), ...inner.flat()];
}

/** A slot of a shard holds one entry, or a shard of the next level. */
export async function entriesOfSlot(side: WalkedSide, slot: Entry, place: Place): Promise<readonly Entry[]> {
  if (slot.name !== '') return [slot];
  return await entriesOf(side, await side.readShard(slot, place), place);
}

/** The slots of a shard by their numbers; one that leads to another shard has no name. Throws Unreadable where two have one. */
export function slotsOf({ links, prefixLength }: DecodedNode): ReadonlyMap<string, Entry> {
  const slots = new Map(links.map((link) => [link.name.slice(0, prefixLength), entryOf(link, prefixLength)]));
  if (slots.size < links.length) throw new Unreadable('it has a sharded directory with two entries in one slot');
  return slots;
}

/** Entries by name. Throws Unreadable where two have one name, or one is no name. */
export function byName(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const named = new Map<string, Entry>();
  for (const entry of entries) {
    const { name } = entry;
    if (named.has(name)) throw new Unreadable('it has a directory with two entries of one name');
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
      throw new Unreadable(`it has an entry called ${JSON.stringify(name.slice(0, 80))}`);
    }
    named.set(name, entry);
  }
  return named;
}

export function below({ path, level }: Place, name: string): Place {
  return { path: path === '' ? name : `${path}/${name}`, level: level + 1 };
}

const IDENTITY = 0x00;
const SHA2_256 = 0x12;
/** As everywhere else: a CID is no place for content that needs a block. */
const MAX_INLINE_BYTES = 128;

/** What a link leads to. Throws Unreadable where it is no CID, or of a kind that cannot be checked. */
export function entryOf(link: DecodedLink, prefixLength: number): Entry {
  const cid = usualCid(link.cid);
  if (cid === undefined) return unusualEntryOf(link, prefixLength);
  return { name: link.name.slice(prefixLength), cid, bytes: link.tsize, inline: undefined };
}

/** Nearly all CIDs are of two forms; reading them here takes a tenth of the time and of the memory. */
function usualCid(bytes: Uint8Array): Cid | undefined {
  if (bytes.length === 34 && bytes[0] === SHA2_256 && bytes[1] === 32) {
    return cidFromDigest(DAG_PB_CODEC, bytes.subarray(2));
  }
  const [version, codec, hash, length] = bytes;
  const isUsual = bytes.length === 36 && version === 1 && hash === SHA2_256 && length === 32;
  return isUsual && (codec === RAW_CODEC || codec === DAG_PB_CODEC)
    ? cidFromDigest(codec, bytes.subarray(4))
    : undefined;
}

function unusualEntryOf({ cid: bytes, name, tsize }: DecodedLink, prefixLength: number): Entry {
  const cid = decodeCid(bytes);
  const { code, digest } = cid.multihash;
  const inline = code === IDENTITY ? digest : undefined;
  if (inline === undefined && (code !== SHA2_256 || digest.length !== 32)) {
    throw new Unreadable('it is hashed with something else than sha2-256');
  }
  if (inline !== undefined && inline.length > MAX_INLINE_BYTES) {
    throw new Unreadable(`it has a CID that holds more than ${MAX_INLINE_BYTES} bytes`);
  }
  if (cid.code !== RAW_CODEC && cid.code !== DAG_PB_CODEC) throw new Unreadable('it holds something else than UnixFS');
  return {
    name: name.slice(prefixLength),
    cid: inline === undefined ? cidFromDigest(cid.code, digest) : cidOf(cid),
    bytes: inline?.length ?? tsize,
    inline,
  };
}

function decodeCid(bytes: Uint8Array): CID {
  try {
    return CID.decode(bytes);
  } catch {
    throw new Unreadable('it has a link that is not a CID');
  }
}
