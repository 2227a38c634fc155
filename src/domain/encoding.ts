import type { CidProfile } from './listing.ts';

/** What a node of a base shows of the rules by which it was encoded. */
export interface EncodingTrait {
  /** Of the CIDs it links to. */
  readonly version: 0 | 1;
  /** How many bytes a full chunk has; undefined where the node does not tell. */
  readonly chunkBytes: number | undefined;
}

const BY_CHUNKS = new Map<number, CidProfile>([
  [1_048_576, 'unixfs-v1-2025'],
  [262_144, 'pinata-folder'],
]);

/** The profile that a trait speaks for, where that is not the build's own; `unknown` when no profile has such nodes. */
export function foreignProfile(trait: EncodingTrait, own: CidProfile): CidProfile | 'unknown' | undefined {
  const found = profileOf(trait, own);
  return found === own ? undefined : found;
}

function profileOf({ version, chunkBytes }: EncodingTrait, own: CidProfile): CidProfile | 'unknown' {
  if (version === 0) return 'unixfs-v0-2015';
  if (chunkBytes !== undefined) return BY_CHUNKS.get(chunkBytes) ?? 'unknown';
  // Without a chunk in sight any profile of CIDv1 will do.
  return own === 'unixfs-v0-2015' ? 'unixfs-v1-2025' : own;
}
