import { cidV0, contenthash } from '../domain/cid.ts';
import type { Comparison } from '../domain/comparison.ts';
import type { Build } from '../domain/listing.ts';
import { mainLink, type Outcome, type Retention } from '../domain/outcome.ts';
import type { DeployPlan } from '../domain/plan.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { diffOutputs, reportComparison } from './diff-report.ts';
import { bytesOf, reportRetention, unpinnedEntries } from './retention.ts';

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
  'unpinned',
  'unpinned-count',
  'bytes-freed',
  'expires-at',
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

/** The output `result`. */
function resultOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'cleaned':
      return outcome.dryRun ? 'planned' : outcome.kind;
    case 'compared':
      return outcome.reason === undefined ? 'planned' : 'skipped';
    case 'over-budget':
    case 'refused':
      return 'failed';
    default:
      return outcome.kind;
  }
}

function knownOutputs(outcome: Outcome): Partial<Outputs> {
  switch (outcome.kind) {
    case 'skipped':
      return {};
    case 'cleaned':
      return { tags: outcome.tags.join('\n'), ...retentionOutputs(outcome.retention) };
    case 'listed':
      return retentionOutputs(outcome.retention);
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

type WithBuild = Exclude<Outcome, { kind: 'skipped' | 'cleaned' | 'listed' }>;

function buildOutputs(outcome: WithBuild): Partial<Outputs> {
  const { build, comparison, preflight } = outcome;
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  return {
    cid: build.root,
    'cid-v0': cidV0(build.root) ?? '',
    uri: `ipfs://${build.root}`,
    contenthash: contenthash(build.root),
    'previous-cid': plan?.previous ?? '',
    changed: renderChanged(build, plan, comparison),
    ...diffOutputs(comparison),
    ...preflightOutputs(preflight),
    'file-count': String(build.listing.size),
    size: String(build.bytes),
    tags: plan?.tags.join('\n') ?? '',
    hash: build.root,
    ipfs: build.root,
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
  return {
    url: mainLink(outcome.probes) ?? '',
    urls: JSON.stringify(outcome.probes.map(({ link, state, note }) => ({ url: link, state, note }))),
    'uploaded-bytes': String(outcome.uploadedBytes),
    'pin-id': outcome.pin.id,
    verified: outcome.probes.some((probe) => probe.state === 'live') ? 'gateway' : 'pin',
    'expires-at': outcome.expiresAt?.toISOString() ?? '',
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

/** The whole result for machines, with the version of its form. */
export function renderReport(outcome: Outcome): string {
  return `${JSON.stringify({ schema: 1, result: resultOf(outcome), ...reportOf(outcome) }, undefined, 2)}\n`;
}

function reportOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.kind === 'skipped') return { reason: outcome.reason };
  if (outcome.kind === 'cleaned') return { tags: outcome.tags, retention: reportRetention(outcome.retention) };
  if (outcome.kind === 'listed') return { usage: outcome.usage ?? null, retention: reportRetention(outcome.retention) };
  const { build } = outcome;
  const plan = 'plan' in outcome ? outcome.plan : undefined;
  return {
    cid: build.root,
    profile: build.profile,
    ...(plan === undefined ? {} : { previousCid: plan.previous ?? null, changed: plan.changed, tags: plan.tags }),
    bytes: build.bytes,
    blocks: build.blocks,
    preflight: outcome.preflight ?? null,
    diff: reportComparison(outcome.comparison),
    sizeBudget: outcome.budget,
    ...('pin' in outcome
      ? {
          pinId: outcome.pin.id,
          uploadedBytes: outcome.uploadedBytes,
          links: outcome.probes,
          expiresAt: outcome.expiresAt?.toISOString() ?? null,
        }
      : {}),
    ...('retention' in outcome ? { retention: reportRetention(outcome.retention) } : {}),
    files: Object.fromEntries(build.listing),
  };
}
