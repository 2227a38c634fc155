import { FsBlockstore } from 'blockstore-fs';
import type { CID } from 'multiformats/cid';

/** Blocks on disk, one file each, found by multihash. */
export interface Blocks {
  /** Stores a block, once. */
  put(cid: CID, bytes: Uint8Array): Promise<CID>;
  /** Undefined when the block is not stored. */
  read(cid: CID): Promise<Uint8Array | undefined>;
}

/** Opens or creates the block store in `directory`. */
export async function openBlocks(directory: string): Promise<Blocks> {
  const store = new FsBlockstore(directory);
  await store.open();
  return {
    put: async (cid, bytes) => {
      if (!(await store.has(cid))) await store.put(cid, bytes);
      return cid;
    },
    read: async (cid) => {
      if (!(await store.has(cid))) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.get(cid)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}
