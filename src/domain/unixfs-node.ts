import { readVarint } from './varint.ts';

/** UnixFS types of the protobuf message inside a dag-pb node. */
export const UNIXFS_TYPE = { raw: 0, directory: 1, file: 2, metadata: 3, symlink: 4, shard: 5 } as const;

/** 256 buckets a shard, names hashed with the first half of murmur3 x64-128: nothing else is in use anywhere. */
export const SHARD_FANOUT = 256;

/** A dag-pb node with the UnixFS message in it, as far as listings need them. */
export interface DecodedNode {
  readonly kind: 'directory' | 'shard' | 'file' | 'symlink';
  readonly links: readonly DecodedLink[];
  /** Bytes of content in this very node. */
  readonly inlineBytes: number;
  /** Bytes of the whole file, as the node claims; undefined when it does not say. */
  readonly fileBytes: number | undefined;
  /** Bytes of the file below each link, as the node claims. */
  readonly partBytes: readonly number[];
  /** Hex digits that stand before the names in a shard. */
  readonly prefixLength: number;
}

export interface DecodedLink {
  readonly cid: Uint8Array;
  readonly name: string;
  /** Bytes of all blocks from there on, as the link claims. For a raw block these are the bytes of the file. */
  readonly tsize: number;
}

type Field =
  | { readonly number: number; readonly value: number }
  | { readonly number: number; readonly bytes: Uint8Array };

const KINDS: Readonly<Record<number, DecodedNode['kind']>> = {
  [UNIXFS_TYPE.raw]: 'file',
  [UNIXFS_TYPE.directory]: 'directory',
  [UNIXFS_TYPE.file]: 'file',
  [UNIXFS_TYPE.symlink]: 'symlink',
  [UNIXFS_TYPE.shard]: 'shard',
};

/** A file node has one for each of its links, and no block has room for more than half as many of those. */
const MOST_FIELDS = 131_072;

// A name that begins with a byte order mark keeps it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Fields of a UnixFS message that it has once: type, data, size, hash type, fanout. */
const SINGLE = [1, 2, 3, 5, 6] as const;

function countOf(fields: readonly Field[], number: number): number {
  return fields.filter((field) => field.number === number).length;
}

/** Decodes a dag-pb block; undefined when it is none, or has no UnixFS message of a known type. */
export function decodeNode(block: Uint8Array): DecodedNode | undefined {
  const links: DecodedLink[] = [];
  let message: Uint8Array | undefined;
  // Link by link: a large directory takes as much memory as it has to, and no list of its fields beside it.
  const isFine = visitFields(block, (field) => {
    const link = field.number === 2 ? decodeLink(field) : undefined;
    if (link !== undefined) links.push(link);
    if (field.number === 1 && 'bytes' in field) {
      // Of two, readers take one or the other.
      if (message !== undefined) return false;
      message = field.bytes;
    }
    return field.number !== 2 || link !== undefined;
  });
  const unixfs = message === undefined ? undefined : readFields(message);
  if (unixfs === undefined || !isFine || SINGLE.some((number) => countOf(unixfs, number) > 1)) return undefined;
  const kind = KINDS[numberOf(unixfs, 1) ?? -1];
  if (kind === undefined) return undefined;
  const fanout = numberOf(unixfs, 6) ?? SHARD_FANOUT;
  return {
    kind,
    links,
    inlineBytes: kind === 'shard' ? 0 : (bytesOf(unixfs, 2)?.length ?? 0),
    fileBytes: numberOf(unixfs, 3),
    partBytes: unixfs.filter((field) => field.number === 4).flatMap((field) => ('value' in field ? [field.value] : [])),
    prefixLength: (fanout - 1).toString(16).length,
  };
}

/** The bytes of content in a block that `decodeNode` reads; none for a shard. */
export function inlineContent(block: Uint8Array): Uint8Array {
  const unixfs = readFields(bytesOf(readFields(block) ?? [], 1) ?? new Uint8Array()) ?? [];
  const isShard = numberOf(unixfs, 1) === UNIXFS_TYPE.shard;
  return (isShard ? undefined : bytesOf(unixfs, 2)) ?? new Uint8Array();
}

/** How many links a block claims to have, without a decoded one of them in memory. */
export function countLinks(block: Uint8Array): number {
  let count = 0;
  visitFields(block, ({ number }) => {
    if (number === 2) count += 1;
    return true;
  });
  return count;
}

function decodeLink(field: Field): DecodedLink | undefined {
  if (!('bytes' in field)) return undefined;
  let cid: Uint8Array | undefined;
  let name: Uint8Array | undefined;
  let tsize: number | undefined;
  const isFine = visitFields(field.bytes, (part) => {
    if (part.number === 3 && 'value' in part) tsize ??= part.value;
    else if (part.number === 2 && 'bytes' in part) name ??= part.bytes;
    else if (part.number === 1 && 'bytes' in part) cid ??= part.bytes;
    return true;
  });
  if (cid === undefined || !isFine) return undefined;
  try {
    return { cid, name: UTF8.decode(name), tsize: tsize ?? 0 };
  } catch {
    return undefined;
  }
}

/** The fields of a protobuf message, in their order; undefined when it is malformed. */
function readFields(message: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  const isFine = visitFields(message, (field) => {
    fields.push(field);
    return fields.length <= MOST_FIELDS;
  });
  return isFine ? fields : undefined;
}

/** Visits fields until there is none left or `visit` answers false; false also where the message is malformed. */
function visitFields(message: Uint8Array, visit: (field: Field) => boolean): boolean {
  for (let at = 0; at < message.length; ) {
    const found = fieldAt(message, at);
    if (found === undefined || !visit(found.field)) return false;
    at = found.end;
  }
  return true;
}

function fieldAt(message: Uint8Array, at: number): { readonly field: Field; readonly end: number } | undefined {
  const key = readVarint(message, at);
  const value = key === undefined ? undefined : readVarint(message, key.end);
  if (key === undefined || value === undefined) return undefined;
  const number = key.value >>> 3;
  const wireType = key.value & 7;
  if (wireType === 0) return { field: { number, value: value.value }, end: value.end };
  const end = value.end + value.value;
  if (wireType !== 2 || end > message.length) return undefined;
  return { field: { number, bytes: message.subarray(value.end, end) }, end };
}

function bytesOf(fields: readonly Field[], number: number): Uint8Array | undefined {
  const field = fields.find((candidate) => candidate.number === number);
  return field !== undefined && 'bytes' in field ? field.bytes : undefined;
}

function numberOf(fields: readonly Field[], number: number): number | undefined {
  const field = fields.find((candidate) => candidate.number === number);
  return field !== undefined && 'value' in field ? field.value : undefined;
}
