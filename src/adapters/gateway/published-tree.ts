import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import type { GatewayTemplate } from '../../domain/link.ts';
import type { PublishedTree } from '../../ports.ts';
import type { ReadBlock } from './base-side.ts';
import { createBlockSource } from './block-source.ts';
import { createBlockStore } from './block-store.ts';
import { readOpening } from './published-opening.ts';
import { walkTrees } from './tree-walk.ts';

export interface PublishedTreeOptions {
  readonly root: Cid;
  /** Asked in this order. */
  readonly gateways: readonly GatewayTemplate[];
  /** Sent as a header to the dedicated gateway only. */
  readonly dedicatedKey: string | undefined;
  /** Verified blocks that are at hand. */
  readonly known: ReadonlyMap<Cid, Uint8Array>;
}

/** A tree whose blocks can be read for other purposes than its own. */
export interface ReadableTree extends PublishedTree {
  readonly root: Cid;
  /** Lets `work` read verified blocks, within the time that there is for all that is read of the tree. */
  reading<T>(work: (read: ReadBlock) => Promise<T>): Promise<T>;
}

/** For all that is read of it. */
const MAX_MS = 20_000;

/** Content that was published before, from what is at hand and from gateways. */
export function createPublishedTree({ root, gateways, dedicatedKey, known }: PublishedTreeOptions): ReadableTree {
  const sources = gateways.map((gateway) => createBlockSource(gateway, gateway.dedicated ? dedicatedKey : undefined));
  const store = createBlockStore({ root, sources, known });
  let underWay = 0;
  let began = 0;
  let earlierMs = 0;
  const spentMs = (): number => Math.round(earlierMs + (underWay === 0 ? 0 : performance.now() - began));

  /** Aborts when the time is over, and at the end, so that nothing goes on behind its back. */
  async function timed<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController();
    const deadline = AbortSignal.timeout(Math.max(0, MAX_MS - spentMs()));
    if (underWay === 0) began = performance.now();
    underWay += 1;
    try {
      return await work(AbortSignal.any([end.signal, deadline]));
    } finally {
      end.abort();
      if (underWay === 1) earlierMs += performance.now() - began;
      underWay -= 1;
    }
  }

  return {
    root,
    reading: async (work) =>
      await timed(async (signal) => await work(async (wanted) => await store.read(wanted, signal))),
    effort: () => ({ ...store.effort(), ms: spentMs() }),
    compare: async (build, rules) =>
      await timed(
        async (signal) =>
          await walkTrees(build, root, {
            rules,
            // Content that only moved is in the build itself.
            read: async (wanted) => build.nodes.get(wanted.cid) ?? (await store.read(wanted, signal)),
          }),
      ),
    readFile: async (path, cid) =>
      codecOf(cid) === RAW_CODEC
        ? await timed(async (signal) => await store.read({ cid, path, part: 'whole' }, signal).catch(() => undefined))
        : undefined,
    opening: async () =>
      await timed(async (signal) => await readOpening(root, async (wanted) => await store.read(wanted, signal))),
  };
}
