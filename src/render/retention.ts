import type { Retention } from '../domain/outcome.ts';
import type { Judged, RevisionFate } from '../domain/retention.ts';
import { code, escapeText, table } from './markdown.ts';
import { renderAge, renderBytes, renderCount, shortCid } from './units.ts';

const HEAD = ['Version', 'Tags', 'Age', 'Size', 'Decision', 'Reason'] as const;
/** What is decided about a version, in words. */
export const FATES: Readonly<Record<RevisionFate, string>> = {
  keep: 'keep',
  untag: 'keep, untag',
  release: 'keep, release',
  unpin: 'unpin',
};
const SHOWN_ROWS = 50;
const SHOWN_TAGS = 6;

/** The plan for old content as the lines of a table, newest first. */
export function renderRetention(rows: readonly Judged[], now: Date): readonly string[] {
  if (rows.length === 0) return ['The project has no revisions yet.'];
  const cells = byAge(rows).map((row) => [
    shortCid(row.revision.cid),
    tagsOf(row).join(', ') || '-',
    renderAge(now.getTime() - bornAt(row)),
    renderBytes(bytesOf(row)),
    FATES[row.fate],
    row.verdict.reason,
  ]);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  return [HEAD, ...cells].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What became of old content, Markdown; '' where there is nothing but what is current. */
export function renderRetentionSection(retention: Retention): string {
  const { rows, judgedAt } = retention;
  if (rows.length === 0) return '';
  const shown = byAge(rows).slice(0, SHOWN_ROWS);
  const lines = shown.map((row) => [
    code(shortCid(row.revision.cid)),
    tagsOf(row).map(code).join(' ') || 'none',
    renderAge(judgedAt.getTime() - bornAt(row)),
    renderBytes(bytesOf(row)),
    decisionOf(row, retention),
    escapeText(row.verdict.reason),
  ]);
  const more = rows.length - shown.length;
  return [
    '#### Versions of this project',
    escapeText(renderRetentionLine(retention)),
    table(HEAD, lines),
    ...(more > 0 ? [`and ${renderCount(more, 'older version')}: see the report.`] : []),
    ...failures(retention),
  ].join('\n\n');
}

/** One sentence, plain text: what was unpinned, what would be, or why nothing was. */
export function renderRetentionLine({ rows, unpinned, failed, spared, notApplied }: Retention): string {
  const stale = rows.filter(({ fate }) => fate === 'unpin').length;
  if (notApplied !== undefined) {
    if (stale === 0) return `${renderCount(rows.length, 'version')}, none stale.`;
    return `${stale} of ${renderCount(rows.length, 'version')} would be unpinned; nothing was, because ${notApplied}.`;
  }
  const freed = unpinned.reduce((sum, row) => sum + bytesOf(row), 0);
  const parts = [
    unpinned.length === 0
      ? `Unpinned nothing; ${renderCount(rows.length, 'version')} kept.`
      : `Unpinned ${renderCount(unpinned.length, 'version')}, ${renderBytes(freed)} freed; ${rows.length - unpinned.length} kept.`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed and are tried again by the next run.`]),
    ...(spared.length === 0 ? [] : [`${spared.length} spared: needed again by the time it was their turn.`]),
  ];
  return parts.join(' ');
}

/** Rows for the machine-readable report. */
export function reportRetention(retention: Retention): Readonly<Record<string, unknown>> {
  return {
    notApplied: retention.notApplied ?? null,
    unpinned: retention.unpinned.map(({ revision }) => revision.cid),
    failed: retention.failed.map(({ row, reason }) => ({ cid: row.revision.cid, reason })),
    spared: retention.spared.map(({ row, reason }) => ({ cid: row.revision.cid, reason })),
    revisions: byAge(retention.rows).map((row) => ({
      cid: row.revision.cid,
      tags: row.refs,
      since: new Date(bornAt(row)).toISOString(),
      bytes: bytesOf(row),
      pinIds: row.revision.pins.map(({ id }) => id),
      decision: row.fate,
      verdict: row.verdict.kind,
      reason: row.verdict.reason,
    })),
  };
}

/** What the output `unpinned` tells of each. */
export function unpinnedEntries({ unpinned }: Retention): readonly Readonly<Record<string, unknown>>[] {
  return unpinned.map((row) => ({
    cid: row.revision.cid,
    tags: row.refs,
    bytes: bytesOf(row),
    reason: row.verdict.reason,
  }));
}

/** The size of a revision's content, however many records it has. */
export function bytesOf({ revision }: Judged): number {
  return Math.max(0, ...revision.pins.map(({ bytes }) => bytes));
}

function failures({ failed, spared }: Retention): readonly string[] {
  const lines = [
    ...failed.map(({ row, reason }) => `- ${code(shortCid(row.revision.cid))} failed: ${escapeText(reason)}`),
    ...spared.map(({ row, reason }) => `- ${code(shortCid(row.revision.cid))} spared: ${escapeText(reason)}`),
  ];
  return lines.length === 0 ? [] : [lines.slice(0, SHOWN_ROWS).join('\n')];
}

function decisionOf(row: Judged, { unpinned, failed, spared, notApplied }: Retention): string {
  if (unpinned.includes(row)) return '**unpinned**';
  if (failed.some((entry) => entry.row === row)) return '⚠️ failed';
  if (spared.some((entry) => entry.row === row)) return 'spared';
  if (row.fate === 'unpin') return notApplied === undefined ? 'gone already' : '**unpin**';
  return FATES[row.fate];
}

/** In milliseconds: when its newest tag was put on it, or when it was pinned. */
function bornAt({ marks, revision }: Judged): number {
  const [newest] = marks;
  return newest === undefined
    ? Math.min(...revision.pins.map(({ createdAt }) => createdAt.getTime()))
    : newest.at * 1000;
}

/** Newest first. */
export function byAge(rows: readonly Judged[]): readonly Judged[] {
  return [...rows].sort((a, b) => bornAt(b) - bornAt(a) || (a.revision.cid < b.revision.cid ? -1 : 1));
}

function tagsOf({ refs }: Judged): readonly string[] {
  const named = refs.map((ref) => (ref.startsWith('pr-0') ? 'more previews' : ref));
  return named.length <= SHOWN_TAGS ? named : [...named.slice(0, SHOWN_TAGS), `${named.length - SHOWN_TAGS} more`];
}
