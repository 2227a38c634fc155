import type { Comparison, DiffBase, Effort } from '../domain/comparison.ts';
import { type ChangeCounts, type ChangeGroup, deltaOf, type FileChange, isSameContent } from '../domain/diff.ts';
import { stripHash } from '../domain/hashed-name.ts';
import { renderBytes, renderCount, renderDelta, renderMs, renderShare, shortCid } from './units.ts';

/** A comparison that found out what changed. */
export type Compared = Extract<Comparison, { kind: 'compared' }>;

/** How a changed file is called, raw: its path, and what to add where its name changed too. */
export interface ChangeName {
  /** With `*` for the content hash where nothing else of the name changed. */
  readonly path: string;
  readonly names: { readonly before: string; readonly after: string } | undefined;
}

/** How the file is called for people. */
export function nameOf(change: FileChange): ChangeName {
  if (change.kind !== 'moved') return { path: change.path, names: undefined };
  const { from, path } = change;
  const stripped = stripHash(path, []);
  if (stripped === path || stripped !== stripHash(from, [])) return { path, names: { before: from, after: path } };
  const names = { before: lastPart(from), after: lastPart(path) };
  // A hash in a directory, such as the build id of Next.
  return { path: stripped, names: names.before === names.after ? { before: from, after: path } : names };
}

/** `new`, `removed (−18 kB)`, `+31.4 kB (+4 %)`, `same size`. */
export function renderChange(change: FileChange): string {
  const delta = deltaOf(change);
  if (change.kind === 'added') return 'new';
  if (change.kind === 'removed') return `removed (${renderDelta(delta)})`;
  return delta === 0 ? 'same size' : renderDifference(delta, change.before.bytes);
}

/** `3 added, 41 moved (7 with other bytes)`. */
export function renderCounts(counts: ChangeCounts): string {
  const { added, changed, removed, moved, movedWithOtherContent: other } = counts;
  const note = other === 0 ? '' : other === moved ? ' with other bytes' : ` (${number(other)} with other bytes)`;
  const parts = [
    ...(added === 0 ? [] : [`${number(added)} added`]),
    ...(changed === 0 ? [] : [`${number(changed)} changed`]),
    ...(removed === 0 ? [] : [`${number(removed)} removed`]),
    ...(moved === 0 ? [] : [`${number(moved)} moved${note}`]),
  ];
  return parts.length === 0 ? 'no file changed' : parts.join(', ');
}

/** `1 added, 2 moved away`. */
export function renderGroupCounts({ movedAway, ...counts }: ChangeGroup): string {
  const here = counts.added + counts.changed + counts.removed + counts.moved;
  return [
    ...(here === 0 ? [] : [renderCounts({ ...counts, movedWithOtherContent: 0 })]),
    ...(movedAway === 0 ? [] : [`${number(movedAway)} moved away`]),
  ].join(', ');
}

/** `+37.2 kB (+0.8 %)`; without the share where nobody knows what was there before. */
export function renderDifference(delta: number, before: number | undefined): string {
  const share = delta === 0 || before === undefined ? '' : renderShare(delta, before);
  return share === '' ? renderDelta(delta) : `${renderDelta(delta)} (${share})`;
}

/** `812 kB`, and `–` for what is gone. */
export function renderSize(change: FileChange): string {
  return change.kind === 'removed' ? '–' : renderBytes(change.after.bytes);
}

/** `48.2 kB in 210 ms (12 requests, 18 blocks from the cache)`. */
export function renderEffort({ requests, cached, bytes, ms }: Effort): string {
  if (requests === 0 && cached === 0) return `nothing in ${renderMs(ms)}`;
  const sources = [
    requests === 0 ? 'no requests' : renderCount(requests, 'request'),
    ...(cached === 0 ? [] : [`${renderCount(cached, 'block')} from the cache`]),
  ];
  return `${renderBytes(bytes)} in ${renderMs(ms)} (${sources.join(', ')})`;
}

/** What the base is called, and its CID where the label is not the CID itself. */
export function labelOf({ cid, label }: DiffBase): { readonly label: string | undefined; readonly cid: string } {
  return { label: label === cid ? undefined : label, cid: shortCid(cid) };
}

/** The changes that a table of sizes has rows for: all but files with the same bytes under another name. */
export function differing(changes: readonly FileChange[]): readonly FileChange[] {
  return changes.filter((change) => !isSameContent(change));
}

/** Files with the same bytes under another name. */
export function renamed(changes: readonly FileChange[]): readonly Extract<FileChange, { kind: 'moved' }>[] {
  return changes.filter((change) => change.kind === 'moved').filter(isSameContent);
}

/** Without the full stop that the sentence around it brings. */
export function withoutStop(text: string): string {
  return text.replace(/\.+$/, '');
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
