import type { Comparison } from '../domain/comparison.ts';
import { countChanges, sizeDelta } from '../domain/diff.ts';
import { isRefused, isServed, openedLink, type Probe } from '../domain/outcome.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { pullRequestOf } from '../domain/tag.ts';
import { type Extents, renderChanges } from './comment-diff.ts';
import type { CommentContext, PreviewOutcome } from './comment-story.ts';
import { heading, lastPreview, renderDay, renderMinute, renderReason, whatToDo } from './comment-words.ts';
import { figure, fileName } from './diff-cells.ts';
import { renderBase } from './diff-parts.ts';
import { labelOf, renderCounts, renderDifference } from './diff-words.ts';
import { code, escapeText, leftTable, link } from './markdown.ts';
import { renderRefusal, renderWarningDetails } from './preflight.ts';
import { overBudget } from './size-budget.ts';
import { HOW_TO_PUBLISH } from './summary.ts';
import { renderBytes, renderCount, shortCid } from './units.ts';

type Published = Extract<PreviewOutcome, { kind: 'deployed' | 'unchanged' }>;
type Unpublished = Exclude<PreviewOutcome, Published>;

/** More gateways are in the job summary. */
const MOST_LINKS = 8;
/** More lines are in the table below. */
const MOST_OVER = 5;

/** What a pull request is told about its build: the head, then what changed. */
export function renderPreview(outcome: PreviewOutcome, context: CommentContext, extents: Extents): readonly string[] {
  const isSame = sameBase(outcome, context) !== undefined;
  const place = { build: outcome.build, opened: openedOf(outcome), runUrl: context.runUrl };
  return [
    ...('probes' in outcome ? publishedHead(outcome, context) : unpublishedHead(outcome, context)),
    isSame ? '' : leftTable(['CID', fileName(outcome.build.root)], facts(outcome)),
    'probes' in outcome ? closedLinks(outcome) : '',
    renderWarningDetails(outcome.preflight, extents.findings),
    ...(isSame && !isRefused(outcome) ? [] : renderChanges(outcome, place, extents)),
  ];
}

function openedOf(outcome: PreviewOutcome): string | undefined {
  return 'probes' in outcome ? openedLink(outcome.probes) : undefined;
}

function publishedHead(outcome: Published, context: CommentContext): readonly string[] {
  const { probes, kind, build } = outcome;
  const isLost = openedLink(probes) === undefined && probes.some(({ state }) => state === 'down');
  const base = sameBase(outcome, context);
  return [
    heading(publishedState(outcome, base), context.key.project),
    linkLine(outcome),
    accessLine(context),
    base === undefined
      ? ''
      : `${base} has this content already (${fileName(build.root)}): nothing that is published changes.`,
    kind === 'unchanged' && base === undefined ? 'Nothing changed since the last deploy of this pull request.' : '',
    isLost && context.lastGood?.cid !== build.root ? lastPreview(context.lastGood) : '',
  ];
}

function publishedState({ probes }: Published, base: string | undefined): string {
  if (openedLink(probes) === undefined) {
    if (probes.every(({ state }) => state === 'unopened')) return '✅ Preview is pinned';
    return isServed(probes)
      ? '⚠️ Preview is pinned, but no gateway serves its pages'
      : '⚠️ Preview is pinned, but no gateway serves it';
  }
  if (base !== undefined) return `✅ Same content as ${base}`;
  // A gateway that lets the browser fetch and check has shown nothing of the content yet.
  return probes.some(({ state }) => state === 'live')
    ? '✅ Preview is live on IPFS'
    : '✅ Preview is pinned, and opens';
}

/**
 * What has the same CID as the build, as Markdown; undefined where that is nothing we compared with. What the pull request
 * itself showed before is no other content that it could be the same as.
 */
function sameBase({ comparison, build }: PreviewOutcome, { key }: CommentContext): string | undefined {
  if (comparison.kind === 'none' || comparison.base.cid !== build.root) return undefined;
  if (comparison.base.label === `pr-${key.pullRequest}`) return undefined;
  return code(labelOf(comparison.base).label ?? shortCid(build.root));
}

function linkLine({ probes, build }: Published): string {
  const main = openedLink(probes);
  const others = probes.filter((probe) => probe.link !== main && (probe.state === 'live' || probe.state === 'opens'));
  return [
    ...(main === undefined ? [] : [`**${link('Open preview', main)}**`]),
    ...others.slice(0, MOST_LINKS).map((probe) => link(hostOf(probe, build.root), probe.link)),
    code(shortCid(build.root)),
  ].join(' · ');
}

function accessLine({ accessLink }: CommentContext): string {
  if (accessLink === undefined) return '';
  return `**${link('Open preview', accessLink.url)}** · works until ${renderMinute(accessLink.expiresAt)}, for whoever has the link`;
}

/** Every link that did not open, or that nobody opened, as text: no link here leads nowhere. */
function closedLinks({ probes, build }: Published): string {
  const down = probes.filter(({ state }) => state === 'down' || state === 'files').slice(0, MOST_LINKS);
  const unopened = probes.filter(({ state }) => state === 'unopened').slice(0, MOST_LINKS);
  const reasons = down.map((probe) => `${code(hostOf(probe, build.root))} ${renderReason(probe.note)}`);
  return [
    ...(reasons.length === 0 ? [] : [`Not linked: ${reasons.join(' · ')}.`]),
    ...(unopened.length === 0
      ? []
      : [`Nobody opened these yet:<br>${unopened.map((probe) => fileName(probe.link)).join('<br>')}`]),
  ].join('<br>');
}

/** `dweb.link` instead of a name that starts with the CID. */
function hostOf({ host }: Probe, cid: string): string {
  return host.startsWith(`${cid}.`) ? host.slice(cid.length + 1).replace(/^ip[fn]s\./, '') : host;
}

function unpublishedHead(outcome: Unpublished, context: CommentContext): readonly string[] {
  const before = context.lastGood?.cid === outcome.build.root ? '' : lastPreview(context.lastGood);
  const title = (state: string): string => heading(state, context.key.project);
  if (outcome.kind === 'planned') return [title('🧪 Dry run: nothing was written'), plannedLine(outcome), before];
  if (outcome.kind === 'refused') return [title('❌ Not fit to be published'), renderRefusal(outcome), before];
  if (outcome.kind === 'over-budget') {
    const { hint } = overBudget(outcome.budget);
    return [title('❌ Size budget exceeded, nothing was sent'), overLines(outcome.budget), whatToDo(hint), before];
  }
  if (outcome.reason === undefined) return [title('🔍 Compared, nothing was written'), before];
  const because = `No preview, because ${renderReason(outcome.reason)}.`;
  return [title('⏸ Not published'), `${because} ${escapeText(HOW_TO_PUBLISH)} It gets the CID below.`, before];
}

function overLines(lines: readonly BudgetLine[]): string {
  return lines
    .filter(({ state }) => state === 'over')
    .slice(0, MOST_OVER)
    .map(
      ({ text, actual = 0, limit = 0 }) => `- ${fileName(text)} is over by **${figure(renderBytes(actual - limit))}**`,
    )
    .join('\n');
}

function plannedLine({ plan }: Extract<PreviewOutcome, { kind: 'planned' }>): string {
  if (plan.source.kind === 'upload') return `Would upload the build: ${renderReason(plan.source.reason)}.`;
  return 'Would upload nothing: the content is pinned already.';
}

/** The head's table, below the CID. */
function facts(outcome: PreviewOutcome): readonly (readonly string[])[] {
  const { build, comparison, budget } = outcome;
  return [
    ...comparedRows(comparison),
    ['Files', figure([renderCount(build.listing.size, 'file'), ...filesOf(comparison)].join(' · '))],
    ['Size', figure([renderBytes(build.bytes), ...sizeOf(comparison)].join(' · '))],
    ...('probes' in outcome ? [['Checked', checked(outcome)]] : []),
    ...(budget.length === 0 ? [] : [['Budget', budgetOf(budget)]]),
    ...('probes' in outcome ? [lifetime(outcome)] : []),
  ];
}

function comparedRows(comparison: Comparison): readonly (readonly string[])[] {
  const why = comparison.kind === 'compared' ? '' : `no diff: ${renderReason(comparison.reason)}`;
  if (comparison.kind === 'none') return [['Compared', why]];
  return [['Compared with', [renderBase(comparison), ...(why === '' ? [] : [why])].join(' · ')]];
}

function filesOf(comparison: Comparison): readonly string[] {
  return comparison.kind === 'compared' ? [`**${renderCounts(countChanges(comparison.diff))}**`] : [];
}

function sizeOf(comparison: Comparison): readonly string[] {
  if (comparison.kind !== 'compared') return [];
  return [`**${renderDifference(sizeDelta(comparison.diff), comparison.diff.before?.bytes)}**`];
}

function checked({ probes }: Published): string {
  const opened = probes.filter(({ state }) => state === 'live' || state === 'opens');
  if (probes.every(({ state }) => state === 'unopened')) return 'pinned with this CID · links not opened';
  const notes = [...new Set(opened.map(({ note }) => renderReason(note)))].slice(0, 3);
  return [
    'pinned with this CID',
    `opened at ${opened.length} of ${renderCount(probes.length, 'gateway')}${notes.length === 0 ? '' : `: ${notes.join(', ')}`}`,
  ].join(' · ');
}

function budgetOf(lines: readonly BudgetLine[]): string {
  const over = lines.filter(({ state }) => state === 'over').length;
  const unknown = lines.filter(({ state }) => state === 'unknown').length;
  const used = Math.max(0, ...lines.map((line) => line.used ?? 0));
  if (over > 0) return `❌ ${over} of ${renderCount(lines.length, 'line')} exceeded`;
  if (unknown === lines.length) return 'not known without a diff';
  const rest = unknown === 0 ? '' : `, ${unknown} not known without a diff`;
  return figure(`✅ kept, ${Math.floor(used * 100)} % used${rest}`);
}

/** Only the preview's own tag ends with the pull request. */
function lifetime({ expiresAt, plan }: Published): readonly string[] {
  const lasting = plan.tags.filter((tag) => pullRequestOf(tag) === undefined);
  if (lasting.length > 0) return ['Kept by', lasting.map(code).join(' ')];
  return expiresAt === undefined
    ? ['Lives until', 'this pull request is closed']
    : ['Lives until', `${renderDay(expiresAt)} (renewed by each push), or until this pull request is closed`];
}
