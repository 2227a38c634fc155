import type { FileChange } from '../domain/diff.ts';
import { chooseSample, renderPath } from '../domain/link.ts';
import type { Build } from '../domain/listing.ts';
import type { Assessment } from '../domain/outcome.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { renderReason } from './comment-words.ts';
import { details, openDetails } from './diff-cells.ts';
import { renderTypeSums } from './diff-groups.ts';
import { changesTable, movedList, rebuildBlock } from './diff-parts.ts';
import { type Compared, differing, renamed } from './diff-words.ts';
import { rowsBeyond } from './fit.ts';
import { link } from './markdown.ts';
import { renderBudget } from './size-budget.ts';
import { renderCount } from './units.ts';

/** How much of each part a comment shows. */
export interface Extents {
  readonly chart: 'shown' | 'dropped';
  /** The rest are numbers of rows. */
  readonly moved: number;
  readonly rows: number;
  readonly rebuilt: number;
  /** Lines that are over the budget come first. */
  readonly budget: number;
  readonly findings: number;
}

const FULL: Extents = { chart: 'shown', moved: 200, rows: 200, rebuilt: 20, budget: 50, findings: 30 };
const WITHOUT_LISTS = { ...FULL, chart: 'dropped', moved: 0 } as const;
/** The head alone. */
export const SHORTEST: Extents = { ...WITHOUT_LISTS, rows: 0, rebuilt: 0, budget: 0, findings: 0 };
/** From the whole story to its head. */
export const STEPS: readonly Extents[] = [
  FULL,
  { ...FULL, chart: 'dropped' },
  WITHOUT_LISTS,
  ...[50, 20, 5].map((rows) => ({ ...WITHOUT_LISTS, rows })),
  { ...SHORTEST, rows: 5, findings: 5 },
  SHORTEST,
];

/** What the diff of a comment needs besides the comparison. */
export interface DiffPlace {
  readonly build: Build;
  /** A link to the build's root that was opened; undefined where none was. */
  readonly opened: string | undefined;
  readonly runUrl: string;
}

/** What changed, file by file, below the head. */
export function renderChanges(
  { comparison, budget }: Assessment,
  { build, opened, runUrl }: DiffPlace,
  extents: Extents,
): readonly string[] {
  const lines = [...budget].sort(overFirst);
  const shownBudget = budgetTable(lines.slice(0, budgetRows(lines, extents)));
  if (comparison.kind !== 'compared') return [shownBudget, leftOut(undefined, { lines, runUrl }, extents)];
  const { diff, rebuild, encoding } = comparison;
  const sums = extents.chart === 'shown' ? renderTypeSums(diff) : '';
  return [
    rebuildBlock(rebuild, extents.rebuilt),
    encoding === undefined ? '' : `**Encoding:** ${renderReason(encoding)}.`,
    shownBudget,
    changed(differing(diff.changes), extents.rows, linksBelow(build, opened)),
    movedList(comparison, extents.moved),
    sums,
    leftOut(comparison, { lines, runUrl }, extents),
  ];
}

/** Open where it is the news. */
function budgetTable(lines: readonly BudgetLine[]): string {
  const text = renderBudget(lines);
  return text === '' || lines.some(({ state }) => state === 'over') ? text : details('Size budget', text);
}

function changed(
  changes: readonly FileChange[],
  rows: number,
  linkOf: (change: FileChange) => string | undefined,
): string {
  const shown = changes.slice(0, rows);
  if (shown.length === 0) return '';
  const count = renderCount(changes.length, 'file');
  const which = shown.length === changes.length ? `${count} differ` : `${shown.length} of ${count} that differ`;
  return openDetails(`<b>${which}</b>, largest difference first`, changesTable(shown, linkOf));
}

/** Longer addresses would take the room of the table. */
const LONGEST_LINK = 1000;

/** A link for each file that the build has: below a root that was opened, so that none leads nowhere. */
function linksBelow(build: Build, opened: string | undefined): (change: FileChange) => string | undefined {
  const isFile = chooseSample(build.root, build.listing)?.cid === build.root;
  if (opened === undefined || isFile) return () => undefined;
  return ({ kind, path }) => {
    if (kind === 'removed' || !path.isWellFormed() || /(^|\/)\.{1,2}(\/|$)/.test(path)) return undefined;
    const address = `${opened.replace(/\/$/, '')}/${renderPath(path)}`;
    return address.length > LONGEST_LINK ? undefined : address;
  };
}

/** What the comment is too short for, and where all of it is; '' where nothing is missing. */
function leftOut(
  comparison: Compared | undefined,
  { lines, runUrl }: { readonly lines: readonly BudgetLine[]; readonly runUrl: string },
  extents: Extents,
): string {
  const changes = comparison?.diff.changes ?? [];
  const missing = [
    ...rowsBeyond(extents.rows, { count: differing(changes).length, noun: 'further difference' }),
    ...rowsBeyond(extents.moved, { count: renamed(changes).length, noun: 'moved file' }),
    ...(extents.chart === 'dropped' && changes.length > 0 ? ['the sums by type'] : []),
    ...rowsBeyond(extents.rebuilt, { count: comparison?.rebuild?.files.length ?? 0, noun: 'rebuilt file' }),
    ...rowsBeyond(budgetRows(lines, extents), { count: lines.length, noun: 'budget line' }),
  ];
  if (missing.length === 0) return '';
  const summary = runUrl === '' ? 'job summary' : link('job summary', runUrl);
  return `Left out here: ${missing.join('; ')}. The ${summary} has all of it.`;
}

/** Lines that are over are of the head, as many as anybody reads. */
function budgetRows(lines: readonly BudgetLine[], { budget }: Extents): number {
  return Math.max(budget, Math.min(20, lines.filter(({ state }) => state === 'over').length));
}

function overFirst(a: BudgetLine, b: BudgetLine): number {
  return Number(b.state === 'over') - Number(a.state === 'over');
}
