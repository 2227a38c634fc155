import type { Comparison, Rebuild } from '../domain/comparison.ts';
import type { FileChange } from '../domain/diff.ts';
import { countChanges, sizeDelta } from '../domain/diff.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { details, figure, fileName } from './diff-cells.ts';
import { renderGroups } from './diff-groups.ts';
import {
  type ChangeName,
  type Compared,
  differing,
  labelOf,
  nameOf,
  renamed,
  renderChange,
  renderCounts,
  renderDifference,
  renderEffort,
  renderSize,
  withoutStop,
} from './diff-words.ts';
import { code, escapeText, table } from './markdown.ts';
import { renderBudget } from './size-budget.ts';
import { renderBytes, renderCount } from './units.ts';

export interface DiffSectionOptions {
  readonly budget: readonly BudgetLine[];
  /** The section is at most this long in UTF-8. */
  readonly maxBytes: number;
}

/** How much of each part is shown, in rows. */
interface Extents {
  readonly rows: number;
  readonly moved: number;
  readonly directories: number;
  readonly rebuilt: number;
  readonly budget: number;
}

const HEADING = '#### What changed';
const FULL: Extents = { rows: 2000, moved: 2000, directories: 100, rebuilt: 100, budget: 100 };
const SMALLER = { ...FULL, moved: 0, directories: 0, rebuilt: 20 } as const;
/** From the whole story to its first line: the first that fits is taken. */
const STEPS: readonly Extents[] = [
  FULL,
  { ...FULL, directories: 0 },
  SMALLER,
  ...[500, 200, 50, 20, 5].map((rows) => ({ ...SMALLER, rows })),
  { ...SMALLER, rows: 0, rebuilt: 0 },
  { ...SMALLER, rows: 0, rebuilt: 0, budget: 0 },
];
const NO_ROOM = `${HEADING}\n\nThis summary has no room left for it: the report file has all.`;

/** What changed, Markdown for the job summary. Where it is too long it says what it leaves out; '' if nothing fits. */
export function renderDiffSection(comparison: Comparison, { budget, maxBytes }: DiffSectionOptions): string {
  const fits = (text: string): boolean => new TextEncoder().encode(text).length <= maxBytes;
  for (const extents of STEPS) {
    const text = [
      HEADING,
      ...(comparison.kind === 'compared' ? opening(comparison, extents) : [sentence(comparison)]),
      renderBudget(budget.slice(0, extents.budget)),
      ...(comparison.kind === 'compared' ? tables(comparison, extents) : []),
      leftOut(comparison, budget, extents),
      comparison.kind === 'compared' ? `<sub>Read ${escapeText(renderEffort(comparison.effort))}.</sub>` : '',
    ]
      .filter((part) => part !== '')
      .join('\n\n');
    if (fits(text)) return text;
  }
  return fits(NO_ROOM) ? NO_ROOM : '';
}

function sentence(comparison: Exclude<Comparison, { kind: 'compared' }>): string {
  const reason = escapeText(withoutStop(comparison.reason));
  return comparison.kind === 'none' ? `No diff: ${reason}.` : `No diff with ${base(comparison)}: ${reason}.`;
}

function opening(comparison: Compared, extents: Extents): readonly string[] {
  const { encoding, rebuild } = comparison;
  return [
    totals(comparison),
    rebuildBlock(rebuild, extents.rebuilt),
    encoding === undefined ? '' : `**Encoding:** ${escapeText(withoutStop(encoding))}.`,
  ];
}

function tables(comparison: Compared, extents: Extents): readonly string[] {
  return [
    changesTable(differing(comparison.diff.changes).slice(0, extents.rows)),
    movedList(comparison, extents.moved),
    renderGroups(comparison.diff, extents.directories),
  ];
}

function base(comparison: Extract<Comparison, { kind: 'unavailable' | 'compared' }>): string {
  const { label, cid } = labelOf(comparison.base);
  const commit = comparison.base.commit === undefined ? '' : `, commit ${escapeText(comparison.base.commit)}`;
  return label === undefined ? `${code(cid)}${commit}` : `${code(label)} (${code(cid)}${commit})`;
}

function totals(comparison: Compared): string {
  const { diff } = comparison;
  if (diff.changes.length === 0) return `The same files as ${base(comparison)}.`;
  const { before, after } = diff;
  return [
    `Compared with ${base(comparison)}: **${renderCounts(countChanges(diff))}**.`,
    `${before.files === after.files ? '' : `${before.files.toLocaleString('en-US')} → `}${renderCount(after.files, 'file')},`,
    figure(`${renderBytes(before.bytes)} → ${renderBytes(after.bytes)},`),
    figure(`**${renderDifference(sizeDelta(diff), before.bytes)}**.`),
  ].join(' ');
}

function rebuildBlock(rebuild: Rebuild | undefined, rows: number): string {
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

function changesTable(changes: readonly FileChange[]): string {
  if (changes.length === 0) return '';
  const rows = changes.map((change) => [
    fileCell(nameOf(change)),
    figure(renderSize(change)),
    figure(renderChange(change)),
  ]);
  return table(['File', 'Size', 'Change'], rows);
}

function fileCell({ path, names }: ChangeName): string {
  if (names === undefined) return fileName(path);
  return `${fileName(path)}<br><sub>${fileName(names.before)} → ${fileName(names.after)}</sub>`;
}

function movedList({ diff }: Compared, rows: number): string {
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

/** What the section is too short for; '' where everything is in it. */
function leftOut(comparison: Comparison, budget: readonly BudgetLine[], extents: Extents): string {
  const missing = [
    ...(comparison.kind === 'compared' ? leftOutOf(comparison, extents) : []),
    ...rowsBeyond(extents.budget, { count: budget.length, noun: 'budget line' }),
  ];
  return missing.length === 0 ? '' : `Left out here: ${missing.join('; ')}. The report file has all of it.`;
}

function leftOutOf({ diff, rebuild }: Compared, extents: Extents): readonly string[] {
  const sums = extents.directories === 0 && diff.changes.length > 0;
  return [
    ...rowsBeyond(extents.rows, { count: differing(diff.changes).length, noun: 'further difference' }),
    ...rowsBeyond(extents.moved, { count: renamed(diff.changes).length, noun: 'moved file' }),
    ...(sums ? ['the sums by type and by directory'] : []),
    ...rowsBeyond(extents.rebuilt, { count: rebuild?.files.length ?? 0, noun: 'rebuilt file' }),
  ];
}

/** `8,000 smaller differences` where there are that many more than are shown. */
function rowsBeyond(
  shown: number,
  { count, noun }: { readonly count: number; readonly noun: string },
): readonly string[] {
  return count <= shown ? [] : [renderCount(count - shown, noun)];
}
