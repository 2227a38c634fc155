import { DAG_PB_CODEC, RAW_CODEC } from '../../domain/cid.ts';
import type { CidProfile } from '../../domain/listing.ts';

/** The parameters of a profile. Sources: IPIP-0499 and, for `pinata-folder`, Pinata's folder upload. */
export interface Layout {
  readonly cidVersion: 0 | 1;
  /** Whether a chunk is a block as it is (raw), or wrapped in a file node (dag-pb). */
  readonly leafCodec: typeof RAW_CODEC | typeof DAG_PB_CODEC;
  readonly chunkBytes: number;
  /** The most links a node of a file has. */
  readonly width: number;
  /** What is compared with `SHARD_ABOVE_BYTES`: the directory's whole block, or its names and CIDs only. */
  readonly shardEstimate: 'block' | 'links';
  readonly emptyDirectories: boolean;
}

/** A directory estimated larger than this becomes a HAMT; one of exactly this size stays flat. */
export const SHARD_ABOVE_BYTES = 262_144;

const LAYOUTS: Readonly<Record<CidProfile, Layout>> = {
  'unixfs-v1-2025': {
    cidVersion: 1,
    leafCodec: RAW_CODEC,
    chunkBytes: 1_048_576,
    width: 1024,
    shardEstimate: 'block',
    emptyDirectories: true,
  },
  'unixfs-v0-2015': {
    cidVersion: 0,
    leafCodec: DAG_PB_CODEC,
    chunkBytes: 262_144,
    width: 174,
    shardEstimate: 'links',
    emptyDirectories: true,
  },
  'pinata-folder': {
    cidVersion: 1,
    leafCodec: RAW_CODEC,
    chunkBytes: 262_144,
    width: 174,
    shardEstimate: 'links',
    emptyDirectories: false,
  },
};

export function layoutOf(profile: CidProfile): Layout {
  return LAYOUTS[profile];
}
