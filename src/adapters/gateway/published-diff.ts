import type { Cid } from '../../domain/cid.ts';
import type { BaseReading } from '../../ports.ts';
import { baseSide, type PublishedSide, type ReadBlock } from './base-side.ts';
import type { ReadableTree } from './published-tree.ts';
import { publishedRoot, walkSides } from './tree-walk.ts';
import { Unreadable } from './unreadable.ts';

/** Of each side: nothing is known of its extent before it is read. */
const MOST_LINKS = 60_000;

const SAME: BaseReading = {
  kind: 'read',
  pair: { before: new Map(), after: new Map(), shared: undefined },
  emptyDirectories: [],
  strange: false,
};

/**
 * Compares two trees that were both published before. Only what differs is read, so nobody knows how much they share. For
 * one call; the effort is that of both trees.
 */
export async function comparePublished(before: ReadableTree, after: ReadableTree): Promise<BaseReading> {
  if (before.root === after.root) return SAME;
  return await before.reading(
    async (readBefore) =>
      await after.reading(async (readAfter) => {
        const [readOld, readFresh] = sharing(readBefore, naming(after.root, readAfter));
        const [old, fresh] = [published(readOld), published(readFresh)];
        const walked = await walkSides(
          publishedRoot(old, before.root, readOld),
          publishedRoot(fresh, after.root, readFresh),
        );
        if (walked.kind !== 'read') return walked;
        return {
          kind: 'read',
          pair: { before: walked.before, after: walked.after, shared: undefined },
          emptyDirectories: walked.emptyDirectories,
          strange: old.isStrange() || fresh.isStrange() || isMixed(old, fresh),
        };
      }),
  );
}

function published(read: ReadBlock): PublishedSide {
  return baseSide({ read, profile: undefined, rules: 'known', mostLinks: MOST_LINKS });
}

/** Says which of the two could not be read: the other one is what a diff is told to be with. */
function naming(root: Cid, read: ReadBlock): ReadBlock {
  return async (wanted) => {
    try {
      return await read(wanted);
    } catch (error) {
      throw error instanceof Unreadable ? new Unreadable(`${root} cannot be read: ${error.message}`) : error;
    }
  };
}

/** A directory that only moved is in both trees, and read once. When a block cannot be had the whole comparison ends. */
function sharing(...reads: readonly [ReadBlock, ReadBlock]): readonly [ReadBlock, ReadBlock] {
  const asked = new Map<Cid, Promise<Uint8Array>>();
  const once =
    (read: ReadBlock): ReadBlock =>
    async (wanted) => {
      const answer = asked.get(wanted.cid) ?? read(wanted);
      asked.set(wanted.cid, answer);
      return await answer;
    };
  return [once(reads[0]), once(reads[1])];
}

/** True when the nodes that were read do not all follow the same rules. */
function isMixed(...sides: readonly PublishedSide[]): boolean {
  const traits = new Set(sides.flatMap((side) => [...side.traits]));
  const chunks = [...traits].filter((trait) => trait.startsWith('chunks'));
  // A chunk with a header around it is normal under CIDv0 only.
  return chunks.length > 1 || (traits.has('CIDv1') && (traits.has('CIDv0') || traits.has('header')));
}
