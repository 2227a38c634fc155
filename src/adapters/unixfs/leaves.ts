import { hash, subtle } from 'node:crypto';
import { RAW_CODEC } from '../../domain/cid.ts';
import type { FileEntry } from '../../domain/listing.ts';
import type { Onlooker } from '../../ports.ts';
import type { BuildOptions } from './breather.ts';
import { createBreather } from './breather.ts';
import { DIGEST_BYTES } from './cid-bytes.ts';
import type { Layout } from './layout.ts';
import type { OpenFile } from './source-file.ts';
import { assertUntouched, closeSource, openSource, readSpan } from './source-file.ts';
import { LEAF_MARGIN, wrapLeaf, wrappedLength } from './unixfs-message.ts';

/** A file after its chunks were hashed. Its leaves are `firstLeaf` and those that follow; an empty file has one. */
export interface HashedFile {
  readonly entry: FileEntry;
  /** Bytes that were read, which may differ from what was listed. */
  readonly bytes: number;
  readonly firstLeaf: number;
}

/** All leaves of a build. Arrays of numbers, because a build may have hundreds of thousands. */
export interface Leaves {
  readonly count: number;
  readonly files: readonly HashedFile[];
  /** 32 bytes a leaf. */
  readonly digests: Uint8Array;
  /** The place in `files` of each leaf's file. */
  readonly owners: Uint32Array;
}

/** One chunk of a file: `fileBytes` is what the file must have, `index` counts from 0. */
export interface Chunk {
  readonly layout: Layout;
  readonly fileBytes: number;
  readonly index: number;
}

export function chunkCount(layout: Layout, bytes: number): number {
  return Math.max(1, Math.ceil(bytes / layout.chunkBytes));
}

export function chunkLength({ layout, fileBytes, index }: Chunk): number {
  return Math.min(layout.chunkBytes, fileBytes - index * layout.chunkBytes);
}

/** A buffer for one chunk, with margins to wrap it in, and to read one byte too many, which shows a file that has grown. */
export function chunkBuffer({ chunkBytes }: Pick<Layout, 'chunkBytes'>): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(LEAF_MARGIN + chunkBytes + LEAF_MARGIN);
}

/** Reads a chunk and returns its block, which lies in `buffer`. */
export function readLeaf(open: OpenFile, chunk: Chunk, buffer: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { layout, fileBytes, index } = chunk;
  const length = chunkLength(chunk);
  const position = index * layout.chunkBytes;
  readSpan(open, { position, length }, { buffer, at: LEAF_MARGIN, ends: position + length === fileBytes });
  return layout.leafCodec === RAW_CODEC
    ? buffer.subarray(LEAF_MARGIN, LEAF_MARGIN + length)
    : wrapLeaf(buffer, LEAF_MARGIN, length);
}

/** The chunk itself in the buffer that `readLeaf` filled. */
export function chunkIn(buffer: Buffer<ArrayBuffer>, chunk: Chunk): Uint8Array<ArrayBuffer> {
  return buffer.subarray(LEAF_MARGIN, LEAF_MARGIN + chunkLength(chunk));
}

/** The length of a chunk's block. */
export function leafLength(chunk: Chunk): number {
  const length = chunkLength(chunk);
  return chunk.layout.leafCodec === RAW_CODEC ? length : wrappedLength(length);
}

export function leafDigest(leaves: Leaves, leaf: number): Uint8Array {
  return leaves.digests.subarray(leaf * DIGEST_BYTES, (leaf + 1) * DIGEST_BYTES);
}

export function leafFile(leaves: Leaves, leaf: number): HashedFile {
  const file = leaves.files[leaves.owners[leaf] ?? 0];
  if (file === undefined) throw new RangeError(`There is no leaf ${leaf}.`);
  return file;
}

/** Which chunk of its file a leaf is. */
export function leafChunk(layout: Layout, leaves: Leaves, leaf: number): Chunk {
  const file = leafFile(leaves, leaf);
  return { layout, fileBytes: file.bytes, index: leaf - file.firstLeaf };
}

/** From this size on a chunk is hashed on the thread pool: below, the way there costs more than it saves. */
const POOL_FROM_BYTES = 262_144;
const LANES = 4;

/**
 * Reads and hashes every chunk of `entries`, in that order. Small files are read and hashed at once, large ones four
 * chunks at a time while the next is being read; nothing else of a file is held.
 */
export async function hashLeaves(
  entries: readonly FileEntry[],
  layout: Layout,
  options: BuildOptions,
): Promise<Leaves> {
  const leaves = growingLeaves();
  const onlooker = options.onlooker?.(new Map(entries.map(({ path, bytes }) => [path, bytes])));
  const pool = hashPool(layout, onlooker);
  const buffer = chunkBuffer(layout);
  const files: HashedFile[] = [];
  const breather = createBreather(options);

  async function hashLarge(open: OpenFile, firstLeaf: number): Promise<void> {
    for (let index = 0; index < chunkCount(layout, open.bytes); index += 1) {
      const chunk = { layout, fileBytes: open.bytes, index };
      await pool.hash(open, chunk, (digest) => leaves.set(firstLeaf + index, digest));
      await onlooker?.room();
      if (breather.after(chunkLength(chunk))) await breather.pause();
    }
    assertUntouched(open);
  }

  try {
    for (const entry of entries) {
      const open = openSource(entry);
      try {
        const firstLeaf = leaves.reserve(files.length, chunkCount(layout, open.bytes));
        files.push({ entry, bytes: open.bytes, firstLeaf });
        onlooker?.begin({ path: entry.path, bytes: open.bytes });
        if (open.bytes >= POOL_FROM_BYTES) {
          await hashLarge(open, firstLeaf);
          onlooker?.end();
          continue;
        }
        const chunk = { layout, fileBytes: open.bytes, index: 0 };
        const block = readLeaf(open, chunk, buffer);
        onlooker?.take(chunkIn(buffer, chunk));
        onlooker?.end();
        leaves.set(firstLeaf, hash('sha256', block, 'buffer'));
      } finally {
        closeSource(open);
      }
      await onlooker?.room();
      if (breather.after(files.at(-1)?.bytes ?? 0)) await breather.pause();
    }
  } finally {
    await pool.drain();
  }
  await breather.pause();
  return { ...leaves.finish(), files };
}

interface HashPool {
  /** Reads the chunk as soon as a lane is free, and calls `store` once it is hashed. */
  hash(open: OpenFile, chunk: Chunk, store: (digest: Uint8Array) => void): Promise<void>;
  /** Waits until all is stored. */
  drain(): Promise<void>;
}

function hashPool(layout: Layout, onlooker: Onlooker | undefined): HashPool {
  const busy: { readonly buffer: Buffer<ArrayBuffer>; readonly settled: Promise<void> }[] = [];
  return {
    async hash(open, chunk, store) {
      const oldest = busy.length < LANES ? undefined : busy.shift();
      await oldest?.settled;
      const buffer = oldest?.buffer ?? chunkBuffer(layout);
      const block = readLeaf(open, chunk, buffer);
      onlooker?.take(chunkIn(buffer, chunk));
      const digest = subtle.digest('SHA-256', block);
      busy.push({ buffer, settled: digest.then((bytes) => store(new Uint8Array(bytes))) });
    },
    async drain() {
      await Promise.all(busy.map((lane) => lane.settled));
    },
  };
}

/** Digests and owners of leaves in arrays that double when they are full. */
function growingLeaves() {
  let digests = new Uint8Array(1024 * DIGEST_BYTES);
  let owners = new Uint32Array(1024);
  let count = 0;
  return {
    /** Makes room for the `leaves` of a file and returns the number of the first. */
    reserve(owner: number, leaves: number): number {
      const first = count;
      count += leaves;
      if (count > owners.length) {
        const capacity = Math.max(count, owners.length * 2);
        digests = enlarged(digests, new Uint8Array(capacity * DIGEST_BYTES));
        owners = enlarged(owners, new Uint32Array(capacity));
      }
      owners.fill(owner, first, count);
      return first;
    },
    set(leaf: number, digest: Uint8Array): void {
      digests.set(digest, leaf * DIGEST_BYTES);
    },
    finish() {
      return { count, digests, owners };
    },
  };
}

function enlarged<Numbers extends Uint8Array | Uint32Array>(old: Numbers, larger: Numbers): Numbers {
  larger.set(old);
  return larger;
}
