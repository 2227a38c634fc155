import { ActionError } from '../../domain/errors.ts';
import type { Link, NodeBlock } from './dag-pb.ts';
import { encodeNode } from './dag-pb.ts';
import { murmur3 } from './murmur3.ts';
import { quotePath } from './source-file.ts';
import { shardMessage } from './unixfs-message.ts';

/** Takes a finished node with its links, and tells how to link to it (under no name yet). */
export type AddNode = (node: NodeBlock, links: readonly Link[]) => Link;

interface HashedLink {
  readonly link: Link;
  readonly hash: Uint8Array;
}

/**
 * The HAMT of a directory that is too large for one block. Each byte of a name's hash chooses a bucket of its level;
 * a bucket with several names is a node of the next level. Every node goes to `addNode`, children first.
 */
export function encodeShards(links: readonly Link[], addNode: AddNode): Link {
  const hashed = links.map((link) => ({ link, hash: murmur3(Buffer.from(link.name)) }));
  return encodeShard(hashed, 0, addNode);
}

function encodeShard(hashed: readonly HashedLink[], level: number, addNode: AddNode): Link {
  const buckets = Map.groupBy(hashed, ({ hash }) => hash[level]);
  const used = [...buckets.keys()].filter((bucket) => bucket !== undefined).sort((a, b) => a - b);
  const [sample] = hashed;
  if (used.length === 0 && sample !== undefined) {
    throw new ActionError(
      'content',
      `The name ${quotePath(sample.link.name)} has the same hash as another name beside it.`,
      {
        hint: 'Rename one of the two; a sharded directory cannot hold both.',
      },
    );
  }
  const links = used.map((bucket) => {
    const prefix = bucket.toString(16).toUpperCase().padStart(2, '0');
    const inside = buckets.get(bucket) ?? [];
    const [only] = inside;
    if (only !== undefined && inside.length === 1) return { ...only.link, name: prefix + only.link.name };
    return { ...encodeShard(inside, level + 1, addNode), name: prefix };
  });
  return addNode(encodeNode(links, shardMessage(used)), links);
}
