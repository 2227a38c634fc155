import { DAG_PB_CODEC } from '../../domain/cid.ts';
import type { ListedFile } from '../../domain/listing.ts';
import { cidBytes, cidPrefix, cidText } from './cid-bytes.ts';
import type { Link, NodeBlock } from './dag-pb.ts';
import { encodeNode, nodeLength } from './dag-pb.ts';
import { encodeShards } from './hamt.ts';
import type { Layout } from './layout.ts';
import { SHARD_ABOVE_BYTES } from './layout.ts';
import type { HashedFile, Leaves } from './leaves.ts';
import { chunkCount, chunkLength, leafDigest, leafLength } from './leaves.ts';
import type { TreeDirectory, TreeFile } from './tree.ts';
import { DIRECTORY_MESSAGE, fileMessage } from './unixfs-message.ts';

/** What a tree came to: the CID of its root, the blocks of its nodes, children before parents, and its files. */
export interface PackedTree {
  readonly root: Uint8Array;
  readonly nodes: readonly NodeBlock[];
  readonly listing: ReadonlyMap<string, ListedFile>;
}

/** A link to a part of a file, and how many bytes of the file that is. */
interface Part extends Link {
  readonly bytes: number;
}

/**
 * Encodes all nodes above the leaves, bottom-up, so that whether a directory is sharded can be decided on its final
 * links. A directory counts its sub-directories like its files.
 */
export function packTree(tree: TreeFile | TreeDirectory, layout: Layout, leaves: Leaves): PackedTree {
  const nodes: NodeBlock[] = [];
  const listing = new Map<string, ListedFile>();
  const hashed = new Map(leaves.files.map((file) => [file.entry, file]));
  const nodePrefix = cidPrefix(layout.cidVersion, DAG_PB_CODEC);
  const leafPrefix = cidPrefix(layout.cidVersion, layout.leafCodec);

  function addNode(node: NodeBlock, links: readonly Link[]): Link {
    nodes.push(node);
    const below = links.reduce((sum, link) => sum + link.tsize, 0);
    return { name: '', cid: cidBytes(nodePrefix, node.digest), tsize: node.bytes.length + below };
  }

  function leafPart(file: HashedFile, index: number): Part {
    const chunk = { layout, fileBytes: file.bytes, index };
    const cid = cidBytes(leafPrefix, leafDigest(leaves, file.firstLeaf + index));
    return { name: '', cid, tsize: leafLength(chunk), bytes: chunkLength(chunk) };
  }

  function joinParts(parts: readonly Part[]): Part {
    const message = fileMessage(parts.map((part) => part.bytes));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    return { ...addNode(encodeNode(parts, message), parts), bytes };
  }

  /** Balanced: all leaves equally deep, and every node of a level full but its last. */
  function joinLevels(parts: readonly Part[]): Part {
    if (parts.length <= layout.width) return joinParts(parts);
    return joinLevels(groupsOf(parts, layout.width).map(joinParts));
  }

  function packFile(file: HashedFile): Link {
    const count = chunkCount(layout, file.bytes);
    // A file of one chunk is that leaf itself: no node stands above it.
    if (count === 1) return leafPart(file, 0);
    return joinLevels(Array.from({ length: count }, (_, index) => leafPart(file, index)));
  }

  function pack(child: TreeFile | TreeDirectory): Link {
    if (child.kind === 'directory') {
      const links = child.children.map((inner) => ({ ...pack(inner), name: inner.name }));
      return isSharded(links, layout)
        ? encodeShards(links, addNode)
        : addNode(encodeNode(links, DIRECTORY_MESSAGE), links);
    }
    const file = hashed.get(child.entry);
    if (file === undefined) throw new RangeError(`${child.entry.path} was not hashed.`);
    const link = packFile(file);
    listing.set(child.entry.path, { cid: cidText(link.cid), bytes: file.bytes });
    return link;
  }

  return { root: pack(tree).cid, nodes, listing };
}

function isSharded(links: readonly Link[], layout: Layout): boolean {
  const estimate =
    layout.shardEstimate === 'block'
      ? nodeLength(links, DIRECTORY_MESSAGE)
      : links.reduce((sum, link) => sum + Buffer.byteLength(link.name) + link.cid.length, 0);
  return estimate > SHARD_ABOVE_BYTES;
}

function groupsOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, group) =>
    items.slice(group * size, (group + 1) * size),
  );
}
