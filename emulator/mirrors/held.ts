import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import type { Blocks } from '../blocks.ts';

/** Blocks in memory, found by multihash. */
export interface Held extends Blocks {
  /** True when everything below the CID is there. */
  hasAll(cid: CID): Promise<boolean>;
}

export function holdBlocks(): Held {
  const held = new Map<string, Uint8Array>();
  const keyOf = (cid: CID): string => Buffer.from(cid.multihash.bytes).toString('hex');
  const hasAll = async (cid: CID): Promise<boolean> => {
    const bytes = held.get(keyOf(cid));
    if (bytes === undefined) return false;
    if (cid.code !== dagPb.code) return true;
    for (const { Hash } of dagPb.decode(bytes).Links) if (!(await hasAll(Hash))) return false;
    return true;
  };
  return {
    hasAll,
    put: async (cid, bytes) => {
      held.set(keyOf(cid), Uint8Array.from(bytes));
      return cid;
    },
    read: async (cid) => held.get(keyOf(cid)),
  };
}

/** The CID in a text; undefined when it is none. */
export function cidIn(text: string): CID | undefined {
  try {
    return CID.parse(text);
  } catch {
    return undefined;
  }
}
