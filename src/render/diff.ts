import type { Comparison } from '../domain/comparison.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { renderGroups } from './diff-groups.ts';
import { changesTable, movedList, rebuildBlock, renderBase, totals } from './diff-parts.ts';
import { type Compared, differing, renamed, renderEffort, withoutStop } from './diff-words.ts';
import { firstThatFits, fits, rowsBeyond, stack } from './fit.ts';
import { escapeText } from './markdown.ts';
import { renderBudget } from './size-budget.ts';

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
  const room = { bytes: maxBytes, units: Number.POSITIVE_INFINITY };
  const render = (extents: Extents): string =>
    stack([
      HEADING,
      ...(comparison.kind === 'compared' ? opening(comparison, extents) : [sentence(comparison)]),
      renderBudget(budget.slice(0, extents.budget)),
      ...(comparison.kind === 'compared' ? tables(comparison, extents) : []),
      leftOut(comparison, budget, extents),
      comparison.kind === 'compared' ? `<sub>Read ${escapeText(renderEffort(comparison.effort))}.</sub>` : '',
    ]);
  return firstThatFits(STEPS, render, room) ?? (fits(NO_ROOM, room) ? NO_ROOM : '');
}

function sentence(comparison: Exclude<Comparison, { kind: 'compared' }>): string {
  const reason = escapeText(withoutStop(comparison.reason));
  return comparison.kind === 'none' ? `No diff: ${reason}.` : `No diff with ${renderBase(comparison)}: ${reason}.`;
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
