import type { Cid } from './cid.ts';
import type { Diff } from './diff.ts';

/** What a build is compared with. */
export interface DiffBase {
  readonly cid: Cid;
  /** What the user calls it: a tag such as `production`, or the CID. */
  readonly label: string;
  /** The commit it was tagged with, 7 hex digits; undefined when nobody knows. */
  readonly commit: string | undefined;
}

/** How a build differs from what was published before, or why nobody can say. */
export type Comparison =
  /** There is nothing to compare with, and why, in words that follow "because". */
  | { readonly kind: 'none'; readonly reason: string; readonly first?: true }
  /** The base could not be read; `reason` is a sentence without its full stop. */
  | { readonly kind: 'unavailable'; readonly base: DiffBase; readonly reason: string }
  | {
      readonly kind: 'compared';
      readonly base: DiffBase;
      readonly diff: Diff;
      /** Where the two trees are encoded by different rules: by which, and what follows for the diff. A sentence. */
      readonly encoding: string | undefined;
      /** Why the CID changed though the sources did not; undefined where they did or nobody knows. */
      readonly rebuild: Rebuild | undefined;
      /** What reading the base took. */
      readonly effort: Effort;
    };

/** The same sources gave other content. */
export interface Rebuild {
  /** How we know, in words that follow "because". */
  readonly evidence: string;
  readonly files: readonly RebuiltFile[];
}

/** One file of such a build, and what most likely makes it differ from build to build. */
export interface RebuiltFile {
  readonly path: string;
  readonly cause: string;
}

export interface Effort {
  readonly requests: number;
  /** Blocks that came from the cache of an earlier run. */
  readonly cached: number;
  readonly bytes: number;
  readonly ms: number;
}
