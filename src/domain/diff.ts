import { stripHash } from './hashed-name.ts';
import type { ListedFile, Listing } from './listing.ts';
import { compareCodeUnits, type Moves, type NamedFile, pairMoves } from './moves.ts';

/**
 * Two trees of files, as far as they were read: a part that is the same on both sides, by its CID, may be in neither
 * listing and counts in `shared`.
 */
export interface TreePair {
  readonly before: Listing;
  readonly after: Listing;
  /** Undefined where it was not read, so that nobody knows how much it is. */
  readonly shared: Extent | undefined;
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
  /** These three are undefined where the part that both sides share was not read. */
  readonly unchanged: Extent | undefined;
  readonly before: Extent | undefined;
  readonly after: Extent | undefined;
}

export interface DiffOptions {
  /** What else is a content hash in a path; see `stripHash`. */
  readonly stripHash: readonly RegExp[];
}

/**
 * What became of each file. The diff of the two sides swapped is the mirror of this one, whatever names and contents
 * repeat: `added` and `removed` are swapped, and so are the two sides of each `changed` and `moved`.
 */
export function diffTrees(pair: TreePair, options: DiffOptions): Diff {
  const changes: FileChange[] = [];
  const same = { files: 0, bytes: 0 };
  const gone: NamedFile[] = [];
  for (const [path, file] of pair.before) {
    const now = pair.after.get(path);
    if (now === undefined) {
      gone.push({ path, stripped: stripHash(path, options.stripHash), file });
    } else if (now.cid === file.cid) {
      same.files += 1;
      same.bytes += file.bytes;
    } else {
      changes.push({ kind: 'changed', path, before: file, after: now });
    }
  }
  const come: NamedFile[] = [];
  for (const [path, file] of pair.after) {
    if (!pair.before.has(path)) come.push({ path, stripped: stripHash(path, options.stripHash), file });
  }
  for (const change of describeMoves(pairMoves({ gone, come }))) changes.push(change);
  return {
    changes: sortChanges(changes),
    unchanged: sumOf(pair.shared, same),
    before: sumOf(pair.shared, extentOf(pair.before)),
    after: sumOf(pair.shared, extentOf(pair.after)),
  };
}

/** Bytes that one change adds; negative when it takes some away. */
export function deltaOf(change: FileChange): number {
  return bytesAfter(change) - bytesBefore(change);
}

/** A file that only has another name now. */
export function isSameContent(change: FileChange): boolean {
  return change.kind === 'moved' && change.before.cid === change.after.cid;
}

export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** All that have another name, with the next number among them. */
  readonly moved: number;
  readonly movedWithOtherContent: number;
}

export function countChanges(diff: Diff): ChangeCounts {
  const counts = { added: 0, changed: 0, removed: 0, moved: 0, movedWithOtherContent: 0 };
  for (const change of diff.changes) {
    counts[change.kind] += 1;
    if (change.kind === 'moved' && !isSameContent(change)) counts.movedWithOtherContent += 1;
  }
  return counts;
}

/** Bytes that the whole content grew by. */
export function sizeDelta(diff: Diff): number {
  return diff.changes.reduce((sum, change) => sum + deltaOf(change), 0);
}

/** The changes below one name. Over all groups each count and each number of bytes adds up to that of the diff. */
export interface ChangeGroup {
  readonly name: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Files with another name that are in this group now. */
  readonly moved: number;
  /** Files that went to another group, where they count as `moved`. Their old bytes count here. */
  readonly movedAway: number;
  /** Bytes of the files that are not `unchanged`, and what the group grew by. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly delta: number;
}

/** Largest difference in bytes first, then by name. */
export function groupChanges(diff: Diff, nameOf: (path: string) => string): readonly ChangeGroup[] {
  const groups = new Map<string, Writable<ChangeGroup>>();
  const groupOf = (path: string): Writable<ChangeGroup> => {
    const name = nameOf(path);
    const group = groups.get(name) ?? emptyGroup(name);
    groups.set(name, group);
    return group;
  };
  for (const change of diff.changes) {
    const target = groupOf(change.path);
    const origin = change.kind === 'moved' ? groupOf(change.from) : target;
    target[change.kind] += 1;
    if (origin !== target) origin.movedAway += 1;
    origin.bytesBefore += bytesBefore(change);
    origin.delta -= bytesBefore(change);
    target.bytesAfter += bytesAfter(change);
    target.delta += bytesAfter(change);
  }
  return [...groups.values()].sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta) || compareCodeUnits(a.name, b.name));
}

/** The parent directory; `.` for a file at the top. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '.' : path.slice(0, slash);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function describeMoves({ moves, gone, come }: Moves): readonly FileChange[] {
  return [
    ...moves.map(({ from, to }): FileChange => {
      return { kind: 'moved', from: from.path, path: to.path, before: from.file, after: to.file };
    }),
    ...gone.map(({ path, file }): FileChange => ({ kind: 'removed', path, before: file })),
    ...come.map(({ path, file }): FileChange => ({ kind: 'added', path, after: file })),
  ];
}

function sortChanges(changes: readonly FileChange[]): readonly FileChange[] {
  return changes
    .map((change) => ({ change, weight: Math.abs(deltaOf(change)) }))
    .sort((a, b) => b.weight - a.weight || compareCodeUnits(a.change.path, b.change.path))
    .map(({ change }) => change);
}

function emptyGroup(name: string): Writable<ChangeGroup> {
  const counts = { added: 0, changed: 0, removed: 0, moved: 0, movedAway: 0 };
  return { name, ...counts, bytesBefore: 0, bytesAfter: 0, delta: 0 };
}

function extentOf(listing: Listing): Extent {
  let bytes = 0;
  for (const file of listing.values()) bytes += file.bytes;
  return { files: listing.size, bytes };
}

function sumOf(shared: Extent | undefined, read: Extent): Extent | undefined {
  return shared && { files: shared.files + read.files, bytes: shared.bytes + read.bytes };
}

function bytesBefore(change: FileChange): number {
  return change.kind === 'added' ? 0 : change.before.bytes;
}

function bytesAfter(change: FileChange): number {
  return change.kind === 'removed' ? 0 : change.after.bytes;
}
