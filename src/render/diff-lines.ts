import type { Comparison } from '../domain/comparison.ts';
import {
  type ChangeGroup,
  countChanges,
  deltaOf,
  directoryOf,
  type FileChange,
  groupChanges,
  sizeDelta,
} from '../domain/diff.ts';
import { typeOf } from '../domain/file-type.ts';
import {
  type Compared,
  differing,
  labelOf,
  nameOf,
  renamed,
  renderCounts,
  renderDifference,
  renderEffort,
  renderGroupCounts,
  renderSize,
  withoutStop,
} from './diff-words.ts';
import { renderCount, renderDelta, shortPath } from './units.ts';

const MOST_LINES = 50;
const MOST_TYPES = 8;
const MOST_DIRECTORIES = 8;
const MOST_REBUILT = 10;

/** What changed in one line for the log. */
export function renderDiffLine(comparison: Comparison): string {
  if (comparison.kind === 'none') return oneLine(`No diff: ${withoutStop(comparison.reason)}.`);
  const { label, cid } = labelOf(comparison.base);
  const base = label === undefined ? cid : `${label} (${cid})`;
  if (comparison.kind === 'unavailable') return oneLine(`No diff with ${base}: ${withoutStop(comparison.reason)}.`);
  return oneLine(comparedLine(comparison, base));
}

function comparedLine({ diff, encoding, effort }: Compared, base: string): string {
  if (diff.changes.length === 0) {
    const rules = encoding === undefined ? '' : `, encoded by other rules: ${withoutStop(encoding)}`;
    return `The same files as ${base}${rules}.`;
  }
  const difference = renderDifference(sizeDelta(diff), diff.before?.bytes);
  return `Compared with ${base}: ${renderCounts(countChanges(diff))}, ${difference}; read ${renderEffort(effort)}.`;
}

/** What changed as the lines of a log group, at most 50; none where there is nothing to tell. */
export function renderDiffLines(comparison: Comparison): readonly string[] {
  if (comparison.kind !== 'compared') return [];
  const { diff, encoding } = comparison;
  if (diff.changes.length === 0) return [...encodingLines(encoding), ...rebuildLines(comparison)].map(oneLine);
  const moved = renamed(diff.changes);
  const after = [
    ...(moved.length === 0 ? [] : [`${renderCount(moved.length, 'file')} moved with the same bytes.`]),
    ...encodingLines(encoding),
    ...groupLines('By type', groupChanges(diff, typeOf), MOST_TYPES),
    ...groupLines('By directory', groupChanges(diff, directoryOf), MOST_DIRECTORIES),
    ...rebuildLines(comparison),
  ];
  return [...changeLines(differing(diff.changes), MOST_LINES - after.length), ...after].map(oneLine);
}

function changeLines(changes: readonly FileChange[], most: number): readonly string[] {
  const shown = changes.length <= most ? changes : changes.slice(0, most - 1);
  const more = changes.length - shown.length;
  const cells = shown.map((change) => [change.kind, renderDelta(deltaOf(change)), renderSize(change), namesOf(change)]);
  return [
    ...align(cells),
    ...(more === 0 ? [] : [`and ${renderCount(more, 'smaller difference')}: see the report file.`]),
  ];
}

/** `assets/index-*.js  (index-Ck3d.js → index-B1x9.js)`. */
function namesOf(change: FileChange): string {
  const { path, names } = nameOf(change);
  return names === undefined
    ? shortPath(path)
    : `${shortPath(path)}  (${shortPath(names.before)} → ${shortPath(names.after)})`;
}

function groupLines(title: string, groups: readonly ChangeGroup[], most: number): readonly string[] {
  if (groups.length < 2) return [];
  const shown = groups.length <= most ? groups : groups.slice(0, most - 1);
  const more = groups.length - shown.length;
  const cells = shown.map((group) => {
    return ['', renderDelta(group.delta), `${shortPath(group.name)}  (${renderGroupCounts(group)})`];
  });
  return [`${title}:`, ...align(cells), ...(more === 0 ? [] : [`  and ${more.toLocaleString('en-US')} more`])];
}

function encodingLines(encoding: string | undefined): readonly string[] {
  return encoding === undefined ? [] : [`Encoding: ${withoutStop(encoding)}.`];
}

function rebuildLines({ rebuild }: Compared): readonly string[] {
  if (rebuild === undefined) return [];
  const shown = rebuild.files.slice(0, MOST_REBUILT);
  const more = rebuild.files.length - shown.length;
  return [
    `The sources are the same, but the CID changed. They are known to be the same because ${withoutStop(rebuild.evidence)}.`,
    ...shown.map(({ path, cause }) => `  ${shortPath(path)}: ${cause}`),
    ...(more === 0 ? [] : [`  and ${renderCount(more, 'more file')}`]),
  ];
}

/** Words to the left, numbers to the right, and names at the end, which nothing has to follow. */
function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        if (column === row.length - 1) return cell;
        return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join('  '),
  );
}

function oneLine(text: string): string {
  return text.replace(/\r\n|[\r\n\u2028\u2029]/g, '␊');
}
