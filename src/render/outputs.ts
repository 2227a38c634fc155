import { type Cid, cidV0, contenthash } from '../domain/cid.ts';
import type { Comparison } from '../domain/comparison.ts';
import { isHealthy } from '../domain/health.ts';
import type { Build } from '../domain/listing.ts';
import {
  type AccessLink,
  type BuildOutcome,
  isProven,
  mainLink,
  type Outcome,
  type Presence,
  type Retention,
} from '../domain/outcome.ts';
import type { DeployPlan } from '../domain/plan.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { isSound } from '../domain/verification.ts';
import { diffOutputs } from './diff-report.ts';
import { reportName, resultOf } from './report.ts';
import { bytesOf, unpinnedEntries } from './retention.ts';

/** The action's outputs, in the order of README. */
export const OUTPUT_NAMES = [
  'result',
  'cid',
  'cid-v0',
  'uri',
  'contenthash',
  'url',
  'urls',
  'previous-cid',
  'changed',
  'files-added',
  'files-changed',
  'files-removed',
  'files-moved',
  'file-count',
  'size',
  'size-delta',
  'preflight-errors',
  'preflight-warnings',
  'uploaded-bytes',
  'pin-id',
  'tags',
  'verified',
  'names',
  'mirrors',
  'unpinned',
  'unpinned-count',
  'bytes-freed',
  'expires-at',
  'access-expires-at',
  'car-path',
  'comment-url',
  'deployment-id',
  'report-path',
  'hash',
  'ipfs',
] as const;

export type OutputName = (typeof OUTPUT_NAMES)[number];
export type Outputs = Readonly<Record<OutputName, string>>;

/** What only the edge knows: what was written where. Empty when nothing was. */
export interface WrittenPaths {
  readonly carPath: string;
  readonly reportPath: string;
  readonly commentUrl: string;
  readonly deploymentId: string;
}

/** Every output on every path, '' where nothing is known. */
export function renderOutputs(outcome: Outcome, paths: WrittenPaths): Outputs {
  const nothing = Object.fromEntries(OUTPUT_NAMES.map((name) => [name, ''])) as Outputs;
  const written = {
    'report-path': paths.reportPath,
    'car-path': paths.carPath,
    'comment-url': paths.commentUrl,
    'deployment-id': paths.deploymentId,
  };
  return { ...nothing, result: resultOf(outcome), ...written, ...knownOutputs(outcome) };
}

function knownOutputs(outcome: Outcome): Partial<Outputs> {
  switch (outcome.kind) {
    case 'skipped':
      return {};
    case 'cleaned':
      return { tags: outcome.tags.join('\n'), ...retentionOutputs(outcome.retention) };
    case 'listed':
      return retentionOutputs(outcome.retention);
    case 'promoted':
      return promotedOutputs(outcome);
    case 'verified':
      return verifiedOutputs(outcome);
    case 'planned':
      return { ...buildOutputs(outcome), ...retentionOutputs(outcome.retention) };
    case 'compared':
    case 'over-budget':
    case 'refused':
      return buildOutputs(outcome);
    case 'deployed':
    case 'unchanged':
      return { ...buildOutputs(outcome), ...liveOutputs(outcome), ...retentionOutputs(outcome.retention) };
  }
}

/** What a CID is called elsewhere. */
function cidOutputs(cid: Cid): Partial<Outputs> {
  const names = { 'cid-v0': cidV0(cid) ?? '', uri: `ipfs://${cid}`, contenthash: contenthash(cid) };
  return { cid, ...names, hash: cid, ipfs: cid };
}

function promotedOutputs(outcome: Extract<Outcome, { kind: 'promoted' }>): Partial<Outputs> {
  const { plan, comparison, pin } = outcome;
  return {
    ...cidOutputs(plan.cid),
    'previous-cid': plan.previous ?? '',
    changed: String(plan.changed),
    ...diffOutputs(comparison),
    tags: plan.toTag,
    'pin-id': pin?.id ?? '',
    ...presenceOutputs(outcome),
    ...accessOutputs(outcome.accessLink),
  };
}

/** Of many tags there is no one CID: they are in the report. */
function verifiedOutputs({ tags }: Extract<Outcome, { kind: 'verified' }>): Partial<Outputs> {
  return {
    tags: tags.map(({ tag }) => tag).join('\n'),
    // Without tags nothing was looked at.
    verified: tags.length === 0 ? '' : String(isHealthy(tags)),
  };
}

/** Where it can be opened, how closely that was looked at, and what points to it. */
function presenceOutputs({ probes, blocks, names, mirrors }: Presence): Partial<Outputs> {
  return {
    url: mainLink(probes) ?? '',
    urls: JSON.stringify(
      probes.map(({ link, state, status, firstByteMs, bytes, routes, note }) => ({
        url: link,
        state,
        status: status ?? null,
        firstByteMs: firstByteMs ?? null,
        bytes,
        ...(routes === undefined ? {} : { routes }),
        note,
      })),
    ),
    verified: levelReached(probes, blocks),
    names: JSON.stringify(names.map(reportName)),
    mirrors: JSON.stringify(mirrors),
  };
}

function levelReached(probes: Presence['probes'], blocks: Presence['blocks']): string {
  if (blocks.some(isSound)) return 'blocks';
  return isProven(probes) ? 'gateway' : 'pin';
}

function buildOutputs(outcome: BuildOutcome): Partial<Outputs> {
  const { build, comparison, preflight } = outcome;
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  return {
    ...cidOutputs(build.root),
    'previous-cid': plan?.previous ?? '',
    changed: renderChanged(build, plan, comparison),
    ...diffOutputs(comparison),
    ...preflightOutputs(preflight),
    'file-count': String(build.listing.size),
    size: String(build.bytes),
    tags: plan?.tags.join('\n') ?? '',
  };
}

/** How many different findings there are; '' where nobody looked. */
function preflightOutputs(preflight: Preflight | undefined): Partial<Outputs> {
  if (preflight === undefined) return {};
  const { error, warn } = preflight.counts;
  return { 'preflight-errors': String(error), 'preflight-warnings': String(warn) };
}

/** Without a plan it is the base that the CID differs from, or not. */
function renderChanged(build: Build, plan: DeployPlan | undefined, comparison: Comparison): string {
  if (plan !== undefined) return String(plan.changed);
  return comparison.kind === 'none' ? '' : String(comparison.base.cid !== build.root);
}

function liveOutputs(outcome: Extract<Outcome, { kind: 'deployed' | 'unchanged' }>): Partial<Outputs> {
  const { uploadedBytes, pin, expiresAt, accessLink } = outcome;
  return {
    ...presenceOutputs(outcome),
    ...accessOutputs(accessLink),
    'uploaded-bytes': String(uploadedBytes),
    'pin-id': pin.id,
    'expires-at': expiresAt?.toISOString() ?? '',
  };
}

/** The one place where the link is handed out; one that opened is as good a proof as a gateway's. */
function accessOutputs(link: AccessLink | undefined): Partial<Outputs> {
  if (link === undefined) return {};
  return {
    url: link.url,
    'access-expires-at': link.expiresAt.toISOString(),
    ...(link.opened ? { verified: 'gateway' } : {}),
  };
}

/** A job's outputs have a limit of 1 MB together. */
const MAX_JSON_LENGTH = 100_000;

function retentionOutputs(retention: Retention): Partial<Outputs> {
  const entries = [...unpinnedEntries(retention)];
  while (JSON.stringify(entries).length > MAX_JSON_LENGTH) entries.pop();
  return {
    unpinned: JSON.stringify(entries),
    'unpinned-count': String(retention.unpinned.length),
    'bytes-freed': String(retention.unpinned.reduce((sum, row) => sum + bytesOf(row), 0)),
  };
}

/** The outputs of a run that failed. */
export function failedOutputs(commentUrl = ''): Outputs {
  const nothing = Object.fromEntries(OUTPUT_NAMES.map((name) => [name, ''])) as Outputs;
  return { ...nothing, result: 'failed', 'comment-url': commentUrl };
}
