import { DAG_PB_CODEC } from '../../domain/cid.ts';
import type { FileEntry, ListedFile } from '../../domain/listing.ts';
import { cidBytes, cidPrefix, cidText } from './cid-bytes.ts';
import type { Link, NodeBlock, Target } from './dag-pb.ts';
import { encodeNode, nodeLength } from './dag-pb.ts';
import type { AddNode } from './hamt.ts';
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
  let packedFiles = 0;
  const nodePrefix = cidPrefix(layout.cidVersion, DAG_PB_CODEC);
  const leafPrefix = cidPrefix(layout.cidVersion, layout.leafCodec);

  function addNode(node: NodeBlock, links: readonly Link[]): Target {
    nodes.push(node);
    const below = links.reduce((sum, link) => sum + link.tsize, 0);
    return { cid: cidBytes(nodePrefix, node.digest), tsize: node.bytes.length + below };
  }

  function leafPart(file: HashedFile, index: number): Part {
    const chunk = { layout, fileBytes: file.bytes, index };
    const cid = cidBytes(leafPrefix, leafDigest(leaves, file.firstLeaf + index));
    return { name: '', cid, tsize: leafLength(chunk), bytes: chunkLength(chunk) };
  }

  /** A file of one chunk is that leaf itself: no node stands above it. */
  function packFile(entry: FileEntry): Target {
    // Files were hashed in the order in which this walk meets them: looking each up by its entry costs a quarter more.
    const file = leaves.files[packedFiles];
    packedFiles += 1;
    if (file?.entry !== entry) throw new RangeError(`${entry.path} was not hashed in its turn.`);
    const count = chunkCount(layout, file.bytes);
    const top =
      count === 1
        ? leafPart(file, 0)
        : joinParts(
            Array.from({ length: count }, (_, at) => leafPart(file, at)),
            layout.width,
            addNode,
          );
    listing.set(entry.path, { cid: cidText(top.cid), bytes: file.bytes });
    return top;
  }

  function packDirectory(directory: TreeDirectory): Target {
    const links = directory.children.map((child) => {
      const { cid, tsize } = pack(child);
      return { name: child.name, cid, tsize };
    });
    if (isSharded(links, layout)) return encodeShards(links, addNode);
    return addNode(encodeNode(links, DIRECTORY_MESSAGE), links);
  }

  function pack(child: TreeFile | TreeDirectory): Target {
    return child.kind === 'file' ? packFile(child.entry) : packDirectory(child);
  }

  return { root: pack(tree).cid, nodes, listing };
}

/** Joins the parts of a file. Balanced: all leaves equally deep, and every node of a level full but its last. */
function joinParts(parts: readonly Part[], width: number, addNode: AddNode): Part {
  if (parts.length > width) {
    return joinParts(
      groupsOf(parts, width).map((group) => joinParts(group, width, addNode)),
      width,
      addNode,
    );
  }
  const { cid, tsize } = addNode(encodeNode(parts, fileMessage(parts.map((part) => part.bytes))), parts);
  return { name: '', cid, tsize, bytes: parts.reduce((sum, part) => sum + part.bytes, 0) };
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
