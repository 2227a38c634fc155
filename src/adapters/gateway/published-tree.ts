import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import type { GatewayTemplate } from '../../domain/link.ts';
import type { PublishedTree } from '../../ports.ts';
import { createBlockSource } from './block-source.ts';
import { createBlockStore } from './block-store.ts';
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

const MAX_MS = 20_000;

/** Content that was published before, from what is at hand and from gateways. */
export function createPublishedTree({ root, gateways, dedicatedKey, known }: PublishedTreeOptions): PublishedTree {
  const sources = gateways.map((gateway) => createBlockSource(gateway, gateway.dedicated ? dedicatedKey : undefined));
  const store = createBlockStore({ root, sources, known });
  let ms = 0;

  /** Aborts when the time is over, and at the end, so that nothing goes on behind its back. */
  async function timed<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const began = performance.now();
    const end = new AbortController();
    try {
      return await work(AbortSignal.any([end.signal, AbortSignal.timeout(MAX_MS)]));
    } finally {
      end.abort();
      ms += performance.now() - began;
    }
  }

  return {
    effort: () => ({ ...store.effort(), ms: Math.round(ms) }),
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
  };
}
