/** What a run's token may do with the cache. */
export interface CacheGrants {
  /** The ref whose entries are written, and read before those of the default branch. */
  readonly scope: string;
  /** False for the runs of forks, among others. */
  readonly write: boolean;
}

export interface CacheToken extends CacheGrants {
  /** The token itself. */
  readonly id: string;
  /** Stands for the token in the request log. */
  readonly label: string;
}

/** An entry of the Actions cache; what it holds never changes. */
export interface CacheEntry {
  /** Scope, version and key. */
  readonly id: string;
  readonly key: string;
  readonly version: string;
  /** The ref whose run wrote it. */
  readonly scope: string;
  readonly entryId: number;
  readonly blob: string;
  /** Null while it is only reserved. */
  readonly sizeBytes: number | null;
}
