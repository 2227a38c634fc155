import type { Comparison, Rebuild } from '../domain/comparison.ts';
import { countChanges, type Extent, type FileChange, sizeDelta } from '../domain/diff.ts';
import { details, figure, fileName } from './diff-cells.ts';
import {
  type ChangeName,
  type Compared,
  labelOf,
  nameOf,
  renamed,
  renderChange,
  renderCounts,
  renderDifference,
  renderSize,
  withoutStop,
} from './diff-words.ts';
import { code, escapeText, linked, table } from './markdown.ts';
import { renderBytes, renderCount } from './units.ts';

/** What a build is compared with: `production` with its CID and commit. */
export function renderBase(comparison: Extract<Comparison, { kind: 'unavailable' | 'compared' }>): string {
  const { label, cid } = labelOf(comparison.base);
  const commit = comparison.base.commit === undefined ? '' : `, commit ${code(comparison.base.commit)}`;
  return label === undefined ? `${code(cid)}${commit}` : `${code(label)} (${code(cid)}${commit})`;
}

/** The difference in one line. */
export function totals(comparison: Compared): string {
  const { diff } = comparison;
  if (diff.changes.length === 0) return `The same files as ${renderBase(comparison)}.`;
  const { before, after } = diff;
  return [
    `Compared with ${renderBase(comparison)}: **${renderCounts(countChanges(diff))}**.`,
    ...(before === undefined || after === undefined ? [] : extents(before, after)),
    figure(`**${renderDifference(sizeDelta(diff), before?.bytes)}**.`),
  ].join(' ');
}

function extents(before: Extent, after: Extent): readonly string[] {
  return [
    `${before.files === after.files ? '' : `${before.files.toLocaleString('en-US')} → `}${renderCount(after.files, 'file')},`,
    figure(`${renderBytes(before.bytes)} → ${renderBytes(after.bytes)},`),
  ];
}

/** The warning that a build is not reproducible; '' where it is, or nobody knows. */
export function rebuildBlock(rebuild: Rebuild | undefined, rows: number): string {
  if (rebuild === undefined) return '';
  const shown = rebuild.files.slice(0, rows).map(({ path, cause }) => [fileName(path), escapeText(cause)]);
  const lines = [
    '[!WARNING]',
    '**The sources are the same, but the CID changed.**',
    `They are known to be the same because ${escapeText(withoutStop(rebuild.evidence))}.`,
    ...(shown.length === 0 ? [] : ['', ...table(['File', 'Most likely cause'], shown).split('\n')]),
  ];
  return lines.map((line) => `> ${line}`.trimEnd()).join('\n');
}

/** A row for each change; a name is a link where `linkOf` has an address for it. */
export function changesTable(
  changes: readonly FileChange[],
  linkOf: (change: FileChange) => string | undefined = () => undefined,
): string {
  if (changes.length === 0) return '';
  const rows = changes.map((change) => [
    fileCell(nameOf(change), linkOf(change)),
    figure(renderSize(change)),
    figure(renderChange(change)),
  ]);
  return table(['File', 'Size', 'Change'], rows);
}

function fileCell({ path, names }: ChangeName, address: string | undefined): string {
  const name = address === undefined ? fileName(path) : linked(fileName(path), address);
  if (names === undefined) return name;
  return `${name}<br><sub>${fileName(names.before)} → ${fileName(names.after)}</sub>`;
}

/** The files that only have another name, folded away; '' where there is none. */
export function movedList({ diff }: Compared, rows: number): string {
  const moved = renamed(diff.changes);
  if (moved.length === 0 || rows === 0) return '';
  const lines = moved
    .slice(0, rows)
    .map(({ from, path, after }) => [fileName(from), fileName(path), figure(renderBytes(after.bytes))]);
  return details(
    `${renderCount(moved.length, 'file')} with the same bytes under another name`,
    table(['From', 'To', 'Size'], lines),
  );
}
