import type { ListedFile, Listing } from './listing.ts';

/**
 * Two trees of files, as far as they were read: a part that is the same on both sides, by its CID, may be in neither
 * listing and counts in `shared`.
 */
export interface TreePair {
  readonly before: Listing;
  readonly after: Listing;
  readonly shared: Extent;
}

/** A number of files and their bytes. */
export interface Extent {
  readonly files: number;
  readonly bytes: number;
}

/** What became of one file. In `moved` the name changed: with one CID on both sides its bytes did not. */
export type FileChange =
  | { readonly kind: 'added'; readonly path: string; readonly after: ListedFile }
  | { readonly kind: 'removed'; readonly path: string; readonly before: ListedFile }
  | { readonly kind: 'changed'; readonly path: string; readonly before: ListedFile; readonly after: ListedFile }
  | {
      readonly kind: 'moved';
      readonly from: string;
      readonly path: string;
      readonly before: ListedFile;
      readonly after: ListedFile;
    };

export interface Diff {
  /** Largest difference in bytes first, then by path. */
  readonly changes: readonly FileChange[];
  readonly unchanged: Extent;
  readonly before: Extent;
  readonly after: Extent;
}
