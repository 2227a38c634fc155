import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DAG_PB_CODEC } from '../../domain/cid.ts';
import type { CarSource } from '../../domain/listing.ts';
import type { FrameReader } from './car-source.ts';
import { carSource, frameHead, frameLength } from './car-source.ts';
import { cidBytes, cidPrefix, DIGEST_BYTES } from './cid-bytes.ts';
import { cidTable } from './cid-table.ts';
import type { NodeBlock } from './dag-pb.ts';
import type { Layout } from './layout.ts';
import type { HashedFile, Leaves } from './leaves.ts';
import { chunkBuffer, chunkCount, chunkIn, leafChunk, leafDigest, leafFile, leafLength, readLeaf } from './leaves.ts';
import type { OpenFile } from './source-file.ts';
import { changedFile, closeSource, openSource } from './source-file.ts';

/** All blocks of a build: leaves lie in the files they were read from, nodes in memory, children before parents. */
export interface PackedBlocks {
  readonly layout: Layout;
  readonly leaves: Leaves;
  readonly nodes: readonly NodeBlock[];
  readonly root: Uint8Array;
}

/**
 * The CAR of a build. It starts with the root and goes on so that each block is linked by an earlier one: nodes from
 * parents to children, then leaves in the order of their paths. A block that occurs twice stands at its first place.
 */
export function virtualCar(packed: PackedBlocks): CarSource & { readonly blocks: number } {
  const { layout, leaves, nodes, root } = packed;
  const nodeCid = cidPrefix(layout.cidVersion, DAG_PB_CODEC);
  const leafCid = cidPrefix(layout.cidVersion, layout.leafCodec);
  const order = uniqueBlocks(packed);

  function* lengths(): Generator<number> {
    for (const slot of order) {
      const node = nodes[slot];
      if (node !== undefined) yield frameLength(nodeCid.length + DIGEST_BYTES, node.bytes.length);
      else yield frameLength(leafCid.length + DIGEST_BYTES, leafLength(leafChunk(layout, leaves, slot - nodes.length)));
    }
  }

  function open(): FrameReader {
    const reader = leafReader(packed, chunkBuffer(layout));
    return {
      parts(block) {
        const slot = order[block] ?? 0;
        const node = nodes[slot];
        if (node !== undefined) return [frameHead(cidBytes(nodeCid, node.digest), node.bytes.length), node.bytes];
        const leaf = slot - nodes.length;
        const bytes = reader.read(leaf);
        return [frameHead(cidBytes(leafCid, leafDigest(leaves, leaf)), bytes.length), bytes];
      },
      close: reader.close,
    };
  }

  return { ...carSource({ root, lengths: lengths(), count: order.length, open }), blocks: order.length };
}

/** The bytes of single files of a build, by their path, each block checked like those of the CAR. */
export function fileReader(packed: PackedBlocks): (path: string) => AsyncIterable<Uint8Array> {
  const { layout, leaves } = packed;
  const files = new Map(leaves.files.map((file) => [file.entry.path, file]));
  return async function* (path) {
    const file = files.get(path);
    if (file === undefined) throw new RangeError(`The build has no file ${path}.`);
    const buffer = chunkBuffer({ chunkBytes: Math.min(layout.chunkBytes, file.bytes) });
    const reader = leafReader(packed, buffer);
    try {
      for (let chunk = 0; chunk < chunkCount(layout, file.bytes); chunk += 1) {
        yield reader.readContent(file.firstLeaf + chunk);
        await nextTurn();
      }
    } finally {
      reader.close();
    }
  };
}

/** The blocks in the order of the CAR: numbers below `nodes.length` are nodes, the others leaves behind them. */
function uniqueBlocks({ layout, leaves, nodes }: PackedBlocks): Uint32Array {
  const table = cidTable(nodes.length + leaves.count);
  const order = new Uint32Array(nodes.length + leaves.count);
  nodes.toReversed().forEach((node, index) => {
    const seen = table.size();
    if (table.add(DAG_PB_CODEC, node.digest) === seen) order[seen] = nodes.length - 1 - index;
  });
  for (let leaf = 0; leaf < leaves.count; leaf += 1) {
    const seen = table.size();
    if (table.add(layout.leafCodec, leafDigest(leaves, leaf)) === seen) order[seen] = nodes.length + leaf;
  }
  return order.slice(0, table.size());
}

/** Reads leaves again, each checked against its digest. Keeps the file of the last one open for the next. */
function leafReader({ layout, leaves }: PackedBlocks, buffer: Buffer<ArrayBuffer>) {
  let current: { readonly file: HashedFile; readonly open: OpenFile } | undefined;

  function close(): void {
    if (current !== undefined) closeSource(current.open);
    current = undefined;
  }

  function openOf(file: HashedFile): OpenFile {
    if (current?.file === file) return current.open;
    close();
    const open = openSource(file.entry);
    current = { file, open };
    return open;
  }

  function read(leaf: number): Uint8Array {
    const file = leafFile(leaves, leaf);
    const block = readLeaf(openOf(file), leafChunk(layout, leaves, leaf), buffer);
    if (hash('sha256', block, 'buffer').equals(leafDigest(leaves, leaf))) return block;
    throw changedFile(file.entry, 'it no longer has the bytes that were hashed');
  }

  return {
    close,
    read,
    /** The chunk without what the profile wraps around it. */
    readContent(leaf: number): Uint8Array {
      read(leaf);
      return chunkIn(buffer, leafChunk(layout, leaves, leaf));
    },
  };
}
