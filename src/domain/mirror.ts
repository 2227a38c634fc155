import type { Cid } from './cid.ts';

/** What speaks at a mirror's address: the IPFS Pinning Services API, Kubo's RPC, or the REST API of IPFS Cluster. */
export type MirrorKind = 'psa' | 'kubo' | 'cluster';

/** A second home: a service that keeps the same CIDs. `url` is its base, without a slash at its end. */
export interface MirrorAddress {
  readonly name: string;
  readonly kind: MirrorKind;
  readonly url: string;
}

/** Whether a mirror keeps a CID. */
export interface MirrorPin {
  /**
   * `pinned`: it has all of it. `pending`: it has taken the order and is not through. `failed`: it gave up.
   * `absent`: it knows nothing of it.
   */
  readonly state: 'pinned' | 'pending' | 'failed' | 'absent';
  /** False for a pin that was there without us: it is never taken away. */
  readonly ours: boolean;
  /** In words, for a table; '' where the state says it all. */
  readonly note: string;
}

/** What became of a CID on one mirror. */
export interface MirrorState {
  readonly mirror: string;
  readonly cid: Cid;
  /** `kept`: it was to be unpinned, and is somebody else's there. `trouble`: the mirror did not do what it was asked to. */
  readonly state: 'pinned' | 'pending' | 'unpinned' | 'kept' | 'absent' | 'planned' | 'trouble';
  readonly note: string;
}
