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

// A name that begins with a byte order mark keeps it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a dag-pb block; undefined when it is none, or has no UnixFS message of a known type. */
export function decodeNode(block: Uint8Array): DecodedNode | undefined {
  const fields = readFields(block);
  if (fields === undefined) return undefined;
  const links = fields.filter((field) => field.number === 2).map((field) => decodeLink(field));
  const message = bytesOf(fields, 1);
  const unixfs = message === undefined ? undefined : readFields(message);
  if (unixfs === undefined || !links.every((link) => link !== undefined)) return undefined;
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

function decodeLink(field: Field): DecodedLink | undefined {
  const fields = 'bytes' in field ? readFields(field.bytes) : undefined;
  const cid = fields === undefined ? undefined : bytesOf(fields, 1);
  if (fields === undefined || cid === undefined) return undefined;
  try {
    return { cid, name: UTF8.decode(bytesOf(fields, 2)), tsize: numberOf(fields, 3) ?? 0 };
  } catch {
    return undefined;
  }
}

/** The fields of a protobuf message, in their order; undefined when it is malformed. */
function readFields(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const key = readVarint(message, at);
    const value = key === undefined ? undefined : readVarint(message, key.end);
    if (key === undefined || value === undefined) return undefined;
    const number = key.value >>> 3;
    const wireType = key.value & 7;
    if (wireType === 0) {
      fields.push({ number, value: value.value });
      at = value.end;
    } else if (wireType === 2 && value.end + value.value <= message.length) {
      fields.push({ number, bytes: message.subarray(value.end, value.end + value.value) });
      at = value.end + value.value;
    } else {
      return undefined;
    }
  }
  return fields;
}

function bytesOf(fields: readonly Field[], number: number): Uint8Array | undefined {
  const field = fields.find((candidate) => candidate.number === number);
  return field !== undefined && 'bytes' in field ? field.bytes : undefined;
}

function numberOf(fields: readonly Field[], number: number): number | undefined {
  const field = fields.find((candidate) => candidate.number === number);
  return field !== undefined && 'value' in field ? field.value : undefined;
}
