import { type Cid, cidV0, contenthash } from '../domain/cid.ts';
import { type ActionError, failedWhile } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import { type Assessment, isServed, mainLink, type Outcome, type Presence, type Probe } from '../domain/outcome.ts';
import type { DeployPlan } from '../domain/plan.ts';
import { renderLineage } from './chart.ts';
import { renderDiffSection } from './diff.ts';
import { healthError, healthHeadline, renderHealthSection } from './health.ts';
import { code, escapeText, link, table } from './markdown.ts';
import { renderMirrorSection } from './mirrors.ts';
import { renderNamesSection } from './names.ts';
import { refusedBuild, renderPreflightSection, whereItIs } from './preflight.ts';
import { renderProbeTable } from './probes.ts';
import { namesError, promotionHeadline, promotionTable, undoSection } from './promotion.ts';
import { renderRetentionLine, renderRetentionSection } from './retention.ts';
import { overBudget } from './size-budget.ts';
import { renderBytes, renderCount, renderMs, shortCid } from './units.ts';
import { renderBlockTable } from './verification.ts';

/** What a summary is about. */
export interface SummaryContext {
  readonly project: string;
  readonly commit: string;
  readonly runUrl: string;
  /** Bytes that the runner takes; undefined for any number. */
  readonly maxBytes?: number | undefined;
  /** What the run itself took; undefined where nobody counted. */
  readonly record?: RunRecord | undefined;
}

/** What a run took. */
export interface RunRecord {
  readonly phases: readonly { readonly name: string; readonly ms: number }[];
  readonly totalMs: number;
  /** Sent to Pinata. */
  readonly requests: number;
  readonly requestsPerMinute: number;
}

/** What a run that failed was about to do. */
export type Undertaking = 'Deploy' | 'Diff' | 'Cleanup' | 'Promotion' | 'Rollback' | 'Verification' | 'List';

/** What a maintainer does with a build that is not published. */
export const HOW_TO_PUBLISH =
  'A maintainer publishes it by merging, or by pushing the branch to this repository, where the secrets are.';

/** The job summary of an outcome, Markdown. The first line answers: can I open it, and is it what I think? */
export function renderSummary(outcome: Outcome, context: SummaryContext): string {
  const { maxBytes = Number.POSITIVE_INFINITY } = context;
  const without = new TextEncoder().encode(renderWith(outcome, context, 0)).length;
  return renderWith(outcome, context, Math.min(MAX_DIFF_BYTES, maxBytes - without - JOINT_BYTES));
}

/** What stands between two sections. */
const JOINT_BYTES = 2;

function renderWith(outcome: Outcome, context: SummaryContext, diffBytes: number): string {
  return [...partsOf(outcome, context, diffBytes), recordSection(context.record), footer(context)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function partsOf(outcome: Outcome, context: SummaryContext, diffBytes: number): readonly string[] {
  const head = (text: string): string => `### ${text} · ${code(context.project)}`;
  switch (outcome.kind) {
    case 'skipped':
      return [head('⏸ Nothing deployed'), escapeText(outcome.reason)];
    case 'planned':
      return [
        head('🧪 Dry run: nothing was written'),
        planLine(outcome.plan),
        identity(outcome.build, outcome.plan),
        renderPreflightSection(outcome.preflight),
        renderNamesSection(outcome.names),
        renderMirrorSection(outcome.mirrors),
        diffSection(outcome, diffBytes),
        renderRetentionSection(outcome.retention),
        renderLineage(outcome.retention.rows),
        verifyByHand(outcome.build),
      ];
    case 'compared':
    case 'over-budget':
    case 'refused':
      return [
        head(unsentHeadline(outcome)),
        unsentLine(outcome),
        identity(outcome.build, undefined),
        renderPreflightSection(outcome.preflight),
        diffSection(outcome, diffBytes),
        verifyByHand(outcome.build),
      ];
    case 'cleaned':
    case 'listed':
      return [
        head(cleanupHeadline(outcome)),
        ...(outcome.kind === 'listed' ? [usageLine(outcome)] : []),
        renderRetentionSection(outcome.retention) || 'The project has no revisions.',
        ...(outcome.kind === 'cleaned' ? [renderMirrorSection(outcome.mirrors)] : []),
        renderLineage(outcome.retention.rows),
      ];
    case 'promoted':
      return [head(promotionHeadline(outcome)), ...promotedParts(outcome, diffBytes)];
    case 'verified':
      return [head(healthHeadline(outcome.tags)), renderHealthSection(outcome.tags)];
    case 'deployed':
    case 'unchanged':
      return [
        head(headline(outcome.kind, outcome.probes)),
        linkLine(outcome.probes, outcome.build.root),
        identity(outcome.build, outcome.plan, outcome.uploadedBytes),
        presenceSection(outcome),
        renderPreflightSection(outcome.preflight),
        diffSection(outcome, diffBytes),
        renderRetentionSection(outcome.retention),
        renderLineage(outcome.retention.rows),
        verifyByHand(outcome.build),
      ];
  }
}

function promotedParts(outcome: Extract<Outcome, { kind: 'promoted' }>, diffBytes: number): readonly string[] {
  return [
    linkLine(outcome.probes, outcome.plan.cid),
    promotionTable(outcome),
    presenceSection(outcome),
    renderDiffSection(outcome.comparison, { budget: [], maxBytes: diffBytes }),
    undoSection(outcome),
  ];
}

/** Where the time went, and how much of the request budget. */
function recordSection(record: RunRecord | undefined): string {
  if (record === undefined || record.phases.length === 0) return '';
  const { phases, totalMs, requests, requestsPerMinute } = record;
  const rows = [...phases.map(({ name, ms }) => [name, renderMs(ms)]), ['**All of it**', `**${renderMs(totalMs)}**`]];
  const budget = `${renderCount(requests, 'request')} to Pinata; the budget is ${requestsPerMinute} a minute.`;
  return `<details><summary>Where the time went</summary>\n\n${table(['Phase', 'Time'], rows)}\n\n${budget}\n\n</details>`;
}

/** The summary of a failed run. */
export function renderFailure(error: ActionError, context: SummaryContext, what: Undertaking = 'Deploy'): string {
  const lines = error.message.split('\n').map(escapeText).join('<br>');
  const hint = error.hint === undefined ? '' : `\n\n**What to do:** ${escapeText(error.hint)}`;
  return `### ❌ ${what} ${failedWhile(error)} (${error.kind}) · ${code(context.project)}\n\n${lines}${hint}\n\n${footer(context)}`;
}

function headline(kind: 'deployed' | 'unchanged', probes: readonly Probe[]): string {
  if (!isOpened(probes)) return kind === 'unchanged' ? '✅ Already pinned, nothing changed' : '✅ Pinned';
  if (mainLink(probes) === undefined)
    return isServed(probes) ? '⚠️ Pinned, but no gateway serves its pages' : '⚠️ Pinned, but no gateway serves it';
  if (kind === 'unchanged') return '✅ Already deployed, nothing changed';
  // A gateway that lets the browser fetch and check has shown nothing of the content yet.
  return probes.some(({ state }) => state === 'live') ? '✅ Live on IPFS' : '✅ Pinned, and opens';
}

/** Other steps of the job have summaries too. */
const MAX_DIFF_BYTES = 500_000;

function diffSection({ comparison, budget }: Assessment, maxBytes: number): string {
  return renderDiffSection(comparison, { budget, maxBytes });
}

type Unsent = Extract<Outcome, { kind: 'compared' | 'over-budget' | 'refused' }>;

function unsentHeadline(outcome: Unsent): string {
  if (outcome.kind === 'refused') return '❌ Not fit to be published';
  if (outcome.kind === 'over-budget') return '❌ Size budget exceeded, nothing was sent';
  return outcome.reason === undefined ? '🔍 Compared, nothing was written' : '⏸ Not published';
}

function unsentLine(outcome: Unsent): string {
  if (outcome.kind === 'over-budget') {
    const { message, hint = '' } = overBudget(outcome.budget);
    return `${message.split('\n').map(escapeText).join('<br>')}\n\n**What to do:** ${escapeText(hint)}`;
  }
  if (outcome.kind === 'refused') return escapeText(whereItIs(outcome.plan));
  if (outcome.reason === undefined) return '';
  return escapeText(`Not published: ${outcome.reason}. ${HOW_TO_PUBLISH}`);
}

/** Who serves it, block by block where that was asked, what points to it, and who else keeps it. */
function presenceSection({ probes, blocks, names, mirrors }: Presence): string {
  return [renderProbeTable(probes), renderBlockTable(blocks), renderNamesSection(names), renderMirrorSection(mirrors)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The failure that an outcome is though the run came to its end; undefined for a good one. */
export function failureIn(outcome: Outcome): ActionError | undefined {
  switch (outcome.kind) {
    case 'over-budget':
      return overBudget(outcome.budget);
    case 'refused':
      return outcome.preflight === undefined ? undefined : refusedBuild(outcome.preflight, outcome.plan);
    case 'verified':
      return healthError(outcome.tags);
    case 'promoted':
    case 'deployed':
    case 'unchanged':
      return namesError(outcome.names);
    default:
      return undefined;
  }
}

type Cleaned = Extract<Outcome, { kind: 'cleaned' | 'listed' }>;

function cleanupHeadline(outcome: Cleaned): string {
  if (outcome.kind === 'listed') return '📋 What is pinned';
  if (outcome.dryRun) return '🧪 Dry run: nothing was unpinned';
  const tags = outcome.tags.map(code).join(' ');
  if (outcome.retention.failed.length > 0) return `⚠️ Cleaned up${tags === '' ? '' : ` ${tags}`}, not all of it`;
  return tags === '' ? '🧹 Swept' : `🗑 Given up ${tags}`;
}

function usageLine({ usage, retention }: Extract<Outcome, { kind: 'listed' }>): string {
  const account =
    usage === undefined
      ? 'What the whole account uses is not known: the key lacks the permission Legacy Endpoints, Data: userPinnedDataTotal.'
      : `The account holds ${renderCount(usage.pins, 'pin')}, ${renderBytes(usage.bytes)}.`;
  return escapeText(`${account} ${renderRetentionLine(retention)}`);
}

function linkLine(probes: readonly Probe[], root: Cid): string {
  const main = mainLink(probes);
  const others = probes
    .filter((probe) => probe.link !== main && probe.state !== 'down' && probe.state !== 'files')
    .map((probe) => link(probe.host, probe.link));
  const first =
    main === undefined
      ? [code(shortCid(root))]
      : [`**${link(isOpened(probes) ? 'Open the site' : 'Link, not opened yet', main)}**`, code(shortCid(root))];
  return [...first, ...others].join(' · ');
}

function isOpened(probes: readonly Probe[]): boolean {
  return probes.some((probe) => probe.state !== 'unopened');
}

function planLine(plan: DeployPlan): string {
  return plan.source.kind === 'upload'
    ? `Would upload the build: ${escapeText(plan.source.reason)}.`
    : `Would use the pin ${code(plan.source.pin.id)}, which has this CID.`;
}

function identity(build: Build, plan: DeployPlan | undefined, uploadedBytes?: number): string {
  const v0 = cidV0(build.root);
  const rows = [
    ...(v0 === undefined ? [] : [['CIDv0', code(v0)]]),
    ['URI', code(`ipfs://${build.root}`)],
    ['ENS contenthash', code(contenthash(build.root))],
    ['Files', renderCount(build.listing.size, 'file')],
    ['Size', renderBytes(build.bytes)],
    ...(uploadedBytes === undefined
      ? []
      : [['Uploaded', uploadedBytes === 0 ? 'nothing, it was pinned already' : renderBytes(uploadedBytes)]]),
    ...(plan === undefined ? [] : placeRows(plan)),
    ['CID profile', build.readFile === undefined ? 'as in the CAR' : code(build.profile)],
  ];
  return table(['CID', code(build.root)], rows);
}

function placeRows({ tags, previous, cid }: DeployPlan): string[][] {
  const before =
    previous === undefined ? 'first deploy of this tag' : previous === cid ? 'the same CID' : code(previous);
  return [
    ['Tags', tags.map(code).join(' ') || 'none'],
    ['Before', before],
  ];
}

/** With Kubo 0.40 or later. Its flags alone do not choose how it measures a directory before it shards it. */
const KUBO_COMMANDS: Readonly<Record<Build['profile'], readonly string[]>> = {
  'unixfs-v1-2025': ['ipfs config profile apply unixfs-v1-2025', 'ipfs add -r -Q --hidden DIRECTORY'],
  'unixfs-v0-2015': ['ipfs config profile apply unixfs-v0-2015', 'ipfs add -r -Q --hidden DIRECTORY'],
  // Empty directories are not part of a folder upload.
  'pinata-folder': [
    'find DIRECTORY -type d -empty -delete',
    'ipfs add -r -Q --hidden --cid-version=1 --raw-leaves --chunker=size-262144 --max-file-links=174 DIRECTORY',
  ],
};

function verifyByHand(build: Build): string {
  // What came as a CAR need not follow a profile: it is imported, not added.
  const make = build.readFile === undefined ? ['ipfs dag import FILE.car'] : KUBO_COMMANDS[build.profile];
  const commands = [...make, `ipfs dag stat ${build.root}`];
  return `<details><summary>Check it by hand</summary>\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\`\n\n</details>`;
}

function footer({ commit, runUrl }: SummaryContext): string {
  const parts = [
    ...(commit === '' ? [] : [`Commit ${code(commit.slice(0, 7))}`]),
    ...(runUrl === '' ? [] : [link('log', runUrl)]),
  ];
  return parts.length === 0 ? '' : `<sub>${parts.join(' · ')}</sub>\n`;
}
