import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/file-trouble.ts';
import type { Link, NodeBlock, Target } from './dag-pb.ts';
import { encodeNode } from './dag-pb.ts';
import { murmur3 } from './murmur3.ts';
import { shardMessage } from './unixfs-message.ts';

/** Takes a finished node with its links, and tells how to link to it. */
export type AddNode = (node: NodeBlock, links: readonly Link[]) => Target;

interface HashedLink {
  readonly link: Link;
  readonly hash: Uint8Array;
}

/**
 * The HAMT of a directory that is too large for one block. Each byte of a name's hash chooses a bucket of its level;
 * a bucket with several names is a node of the next level. Every node goes to `addNode`, children first.
 */
export function encodeShards(links: readonly Link[], addNode: AddNode): Target {
  const hashed = links.map((link) => ({ link, hash: murmur3(Buffer.from(link.name)) }));
  return encodeShard(hashed, 0, addNode);
}

function encodeShard(hashed: readonly HashedLink[], level: number, addNode: AddNode): Target {
  const buckets = Map.groupBy(hashed, ({ link, hash }) => hash[level] ?? exhausted(link));
  const used = [...buckets.keys()].sort((a, b) => a - b);
  const links = used.map((bucket) => {
    const prefix = bucket.toString(16).toUpperCase().padStart(2, '0');
    const inside = buckets.get(bucket) ?? [];
    const only = inside.length === 1 ? inside[0]?.link : undefined;
    if (only !== undefined) return { name: prefix + only.name, cid: only.cid, tsize: only.tsize };
    const shard = encodeShard(inside, level + 1, addNode);
    return { name: prefix, cid: shard.cid, tsize: shard.tsize };
  });
  return addNode(encodeNode(links, shardMessage(used)), links);
}

/** Two names with one hash: every level would put them into the same bucket. */
function exhausted(link: Link): never {
  throw new ActionError('content', `The name ${quoted(link.name)} has the same hash as a name beside it.`, {
    hint: 'Rename one of the two: a directory of this size cannot hold both.',
  });
}
