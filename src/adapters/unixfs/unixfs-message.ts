import { SHARD_FANOUT, UNIXFS_TYPE } from '../../domain/unixfs-node.ts';
import { varintLength, writeVarint } from '../../domain/varint.ts';

const SHARD_HASH = 0x22;

// Field number and wire type, as one byte.
const TYPE = 0x08;
const CONTENT = 0x12;
const FILE_SIZE = 0x18;
const BLOCK_SIZE = 0x20;
const HASH_TYPE = 0x28;
const FANOUT = 0x30;

/** The message of a flat directory. */
export const DIRECTORY_MESSAGE: Uint8Array = Uint8Array.of(TYPE, UNIXFS_TYPE.directory);

/** The message of a file's inner node: how many bytes of the file lie below each link. */
export function fileMessage(partBytes: readonly number[]): Uint8Array {
  const fileBytes = partBytes.reduce((sum, bytes) => sum + bytes, 0);
  const length = partBytes.reduce((sum, bytes) => sum + 1 + varintLength(bytes), 3 + varintLength(fileBytes));
  const message = new Uint8Array(length);
  message.set([TYPE, UNIXFS_TYPE.file, FILE_SIZE]);
  let at = writeVarint(message, fileBytes, 3);
  for (const bytes of partBytes) {
    message[at] = BLOCK_SIZE;
    at = writeVarint(message, bytes, at + 1);
  }
  return message;
}

/** The message of a HAMT node: `buckets`, ascending, are those in use. Leading zero bytes of the bit field are dropped. */
export function shardMessage(buckets: readonly number[]): Uint8Array {
  const bits = new Uint8Array(SHARD_FANOUT / 8);
  for (const bucket of buckets) {
    const at = bits.length - 1 - (bucket >> 3);
    bits[at] = (bits[at] ?? 0) | (1 << (bucket & 7));
  }
  const field = bits.subarray(bits.findIndex((byte) => byte !== 0));
  const message = new Uint8Array(4 + field.length + 5);
  message.set([TYPE, UNIXFS_TYPE.shard, CONTENT, field.length]);
  message.set(field, 4);
  message[4 + field.length] = HASH_TYPE;
  message[5 + field.length] = SHARD_HASH;
  message[6 + field.length] = FANOUT;
  writeVarint(message, SHARD_FANOUT, 7 + field.length);
  return message;
}

/** Room that `wrapLeaf` needs before and behind a chunk. */
export const LEAF_MARGIN = 24;

/** The length of the dag-pb block that `wrapLeaf` makes of a chunk of `length` bytes. */
export function wrappedLength(length: number): number {
  const message = messageLength(length);
  return 1 + varintLength(message) + message;
}

/**
 * Makes the chunk of `length` bytes at `start` of `buffer` a dag-pb file leaf, in place: writes the bytes that stand
 * before and behind it into the margins, and returns the block.
 */
export function wrapLeaf(buffer: Buffer<ArrayBuffer>, start: number, length: number): Buffer<ArrayBuffer> {
  const first = start + messageLength(length) - wrappedLength(length) - contentStart(length);
  buffer[first] = 0x0a;
  let at = writeVarint(buffer, messageLength(length), first + 1);
  buffer[at] = TYPE;
  buffer[at + 1] = UNIXFS_TYPE.file;
  at += 2;
  if (length > 0) {
    buffer[at] = CONTENT;
    at = writeVarint(buffer, length, at + 1) + length;
  }
  buffer[at] = FILE_SIZE;
  return buffer.subarray(first, writeVarint(buffer, length, at + 1));
}

/** Where a chunk lies in its message; an empty one has no content field at all. */
function contentStart(length: number): number {
  return length === 0 ? 2 : 3 + varintLength(length);
}

function messageLength(length: number): number {
  return contentStart(length) + length + 1 + varintLength(length);
}
