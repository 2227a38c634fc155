import { failedWhile } from '../domain/errors.ts';
import type { Retention } from '../domain/outcome.ts';
import type { Judged } from '../domain/retention.ts';
import type { CommentContext, CommentStory, GoneStory } from './comment-story.ts';
import { heading, lastPreview, paragraph, renderMinute, renderReason, whatToDo } from './comment-words.ts';
import { figure } from './diff-cells.ts';
import { code, link } from './markdown.ts';
import { bytesOf } from './retention.ts';
import { renderBytes, renderCount, shortCid } from './units.ts';

/** A run that failed: why and what to do. The preview that worked last keeps its link. */
export function renderFailed(
  { error, undertaking }: Extract<CommentStory, { kind: 'failed' }>,
  { key, lastGood }: CommentContext,
): readonly string[] {
  return [
    heading(`❌ ${undertaking} ${failedWhile(error)}`, key.project),
    `**Cause** (${error.kind}): ${paragraph(error.message)}`,
    whatToDo(error.hint),
    lastPreview(lastGood),
  ];
}

/** The most rows that are named. */
const MOST_NAMED = 10;

/** The last word on a closed pull request: what became of its content. */
export function renderGone(story: GoneStory, { key }: CommentContext): readonly string[] {
  const { retention, tags, dryRun } = story.outcome;
  const rows = retention.rows.filter(({ marks }) => marks.some(({ tag }) => tags.includes(tag)));
  const fates = fatesOf(rows, retention);
  return [
    heading(goneState(fates, dryRun), key.project),
    `${closedSentence(story)} ${freedSentence(fates, retention)}`.trim(),
    remaining(fates),
    productionLine(story),
  ];
}

/** Each version that the pull request had is in one of these. */
interface Fates {
  readonly removed: readonly Judged[];
  readonly kept: readonly { readonly row: Judged; readonly reason: string }[];
  readonly failed: readonly { readonly row: Judged; readonly reason: string }[];
}

function fatesOf(rows: readonly Judged[], { failed, spared, notApplied }: Retention): Fates {
  const kept = rows.flatMap((row) => {
    if (failed.some((entry) => entry.row === row)) return [];
    const reason = spared.find((entry) => entry.row === row)?.reason ?? notApplied;
    if (row.fate === 'unpin') return reason === undefined ? [] : [{ row, reason }];
    return [{ row, reason: row.verdict.reason }];
  });
  const ofThese = failed.filter(({ row }) => rows.includes(row));
  const others = [...kept, ...ofThese].map(({ row }) => row);
  return { removed: rows.filter((row) => !others.includes(row)), kept, failed: ofThese };
}

function goneState({ removed, kept, failed }: Fates, dryRun: boolean): string {
  if (dryRun) return '🧪 Dry run: nothing was unpinned';
  if (failed.length > 0) return '⚠️ Preview not removed completely';
  if (removed.length > 0 || kept.length === 0) return '🗑 Preview removed';
  return kept.every(({ reason }) => isBrief(reason)) ? '🗑 Preview given up' : '🔒 Preview closed, content kept';
}

function closedSentence({ closed: { merged, at } }: GoneStory): string {
  return `The pull request was ${merged ? 'merged' : 'closed without merging'}${at === undefined ? '' : ` on ${renderMinute(at)}`}.`;
}

function freedSentence({ removed, kept, failed }: Fates, { unpinned }: Retention): string {
  if (removed.length + kept.length + failed.length === 0) return 'There was nothing left to remove.';
  const freed = removed.filter((row) => unpinned.includes(row)).reduce((sum, row) => sum + bytesOf(row), 0);
  if (removed.length === 0) return '';
  return `Unpinned ${renderCount(removed.length, 'version')}, ${figure(renderBytes(freed))} freed. A gateway may serve its copy for a while.`;
}

/** Content that waits for what a merge may need. */
function isBrief(reason: string): boolean {
  return reason === 'merged within the hour';
}

function remaining({ kept, failed }: Fates): string {
  const name = ({ revision }: Judged): string => code(shortCid(revision.cid));
  const lines = [
    ...failed.map(
      ({ row, reason }) => `- ${name(row)} is still pinned: ${renderReason(reason)}. The next run tries again.`,
    ),
    ...kept.map(
      ({ row, reason }) =>
        `- ${name(row)} is kept: ${renderReason(reason)}${isBrief(reason) ? '; a sweep removes it later unless something needs it' : ''}.`,
    ),
  ];
  const more = lines.length - MOST_NAMED;
  return [...lines.slice(0, MOST_NAMED), ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

/** Production may be about to change: it is named only where it has what the pull request showed. */
function productionLine({ production, closed, outcome }: GoneStory): string {
  const shown = outcome.retention.rows.filter(({ marks }) => marks.some(({ tag }) => outcome.tags.includes(tag)));
  const isSame = shown.some(({ revision }) => revision.cid === production?.cid);
  if (production === undefined || !closed.merged || !isSame) return '';
  const { cid, url } = production;
  return `Production is ${code(shortCid(cid))}${url === undefined ? '' : ` · **${link('open production', url)}**`}`;
}
