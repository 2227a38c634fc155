import type { FoundFiles } from './domain/file-rules.ts';
import type { StableName } from './domain/names.ts';
import { isFolderOnly } from './domain/pin.ts';
import type { PromotionSource } from './domain/promotion.ts';
import type { GivenUp, RetentionPolicy } from './domain/retention.ts';
import { computeTags, type Mode, type RunContext, renderPinName } from './domain/run.ts';
import { projectOf, pullRequestOf } from './domain/tag.ts';
import type { Inputs } from './inputs.ts';
import type { Assessing } from './modes/assess.ts';
import type { CleanupRun } from './modes/cleanup.ts';
import { type DeployRun, folderProfile } from './modes/decide.ts';
import type { DiffRun } from './modes/diff.ts';
import type { PromoteRun } from './modes/promote.ts';
import type { VerifyRun } from './modes/verify.ts';

type Values = Inputs['values'];

/** Where and when this run happens. */
export interface Occasion {
  readonly context: RunContext;
  readonly now: Date;
}

/** With a key, a diff is a deploy that stops before anything is written. */
export interface DeployOccasion extends Occasion {
  readonly mode: 'deploy' | 'diff';
}

/** What the inputs and the event ask a deploy to do. */
export function deployRun(values: Values, { context, now, mode }: DeployOccasion, found: FoundFiles): DeployRun {
  const project = projectOf(values.project || context.repository);
  const tags = values.tags.length > 0 ? values.tags : computeTags(context);
  const sha = context.commit || '0'.repeat(40);
  return {
    content: found.content,
    profile: values['cid-profile'],
    method: values['upload-method'],
    network: values.network,
    project,
    tags,
    commit: sha.slice(0, 7),
    now,
    metadata: values.metadata,
    expectedCid: values['expected-cid'],
    reusePinned: values['reuse-pinned'],
    diffBase: values['diff-base'],
    ...assessing(values, context),
    name: () => renderPinName(values.name, { project: project.name, sha, sha7: sha.slice(0, 7), tag: tags[0] ?? '' }),
    group: values.group,
    dryRun: values['dry-run'] || mode === 'diff',
    failOnUnreachable: values['fail-on-unreachable'],
    verify: values.verify,
    names: namesOf(values, tags),
    unpin: values.unpin,
    maxRemovals: values['max-removals'],
    previewsKeptMs: values['preview-expires'],
    // Another workflow may keep its tags by other rules: this one judges its own.
    retention: { ...policyOf(values, context), scope: new Set(tags) },
  };
}

/** What the inputs and the event ask a cleanup or a list to do. */
export function cleanupRun(values: Values, { context, now }: Occasion, mode: Mode): CleanupRun {
  const givenUp = mode.kind === 'cleanup' ? givenUpTags(values, { context, now }, mode.closed) : new Map();
  const scope = givenUp.size === 0 ? ('all' as const) : new Set(givenUp.keys());
  return {
    policy: { ...policyOf(values, context), givenUp, scope },
    closing: mode.kind === 'cleanup' && mode.closed !== undefined && !isAskedFor(values),
    now,
    unpin: values.unpin,
    maxRemovals: values['max-removals'],
    dryRun: values['dry-run'],
  };
}

/** Every stable name that the inputs give. */
export function allNames(values: Values): readonly StableName[] {
  return [...values.dnslink, ...values['hot-swap-cid']];
}

function namesOf(values: Values, tags: readonly string[]): readonly StableName[] {
  return allNames(values).filter(({ tag }) => tags.includes(tag));
}

/** What the inputs ask a promotion or a rollback to do. */
export function promoteRun(values: Values, { context, now }: Occasion, rollback: boolean): PromoteRun {
  const project = projectOf(values.project || context.repository);
  const toTag = values['to-tag'];
  // Without a source it is a rollback: inputs.ts sees to that.
  const before: PromotionSource = { kind: 'tag', ref: { tag: toTag, back: 1 } };
  const sha = '0'.repeat(40);
  return {
    project,
    from: values.from ?? before,
    toTag,
    rollback,
    run: context.runId,
    now,
    network: values.network,
    verify: values.verify,
    stripHash: values['strip-hash'],
    names: namesOf(values, [toTag]),
    protectTags: values['protect-tags'],
    protectCids: values['protect-cids'],
    name: () => renderPinName(values.name, { project: project.name, sha, sha7: sha.slice(0, 7), tag: toTag }),
    dryRun: values['dry-run'],
  };
}

/** What the inputs ask a verification to look at. */
export function verifyRun(values: Values, { context, now }: Occasion): VerifyRun {
  return {
    project: projectOf(values.project || context.repository),
    tags: values.tags,
    network: values.network,
    verify: values.verify,
    names: allNames(values),
    now,
    limitMs: values.timeout,
  };
}

function policyOf(values: Values, context: RunContext): RetentionPolicy {
  return {
    project: projectOf(values.project || context.repository),
    keepLast: values['keep-last'],
    keepWithinMs: values['keep-within'],
    protectTags: values['protect-tags'],
    protectCids: values['protect-cids'],
    inUse: new Map(),
    givenUp: new Map(),
    scope: 'all',
  };
}

/** The tags that are given up whatever the policy says: those the user names, or the preview of a closed pull request. */
function givenUpTags(
  values: Values,
  { now }: Occasion,
  closed: Extract<Mode, { kind: 'cleanup' }>['closed'],
): ReadonlyMap<string, GivenUp> {
  const at = Math.floor(now.getTime() / 1000);
  // In `auto` the input names what a deploy would tag: nothing that a closed pull request may take away.
  if (isAskedFor(values)) {
    return new Map(values.tags.map((tag) => [tag, { why: givenUpReason(tag), at }]));
  }
  if (closed === undefined) return new Map();
  const closedAt = closed.at ?? now;
  const given = { at: Math.floor(closedAt.getTime() / 1000) };
  return new Map([
    [
      `pr-${closed.number}`,
      closed.merged
        ? { ...given, why: 'pull request merged', mergedAt: closedAt }
        : { ...given, why: 'pull request closed' },
    ],
  ]);
}

/** The user names the tags to give up. */
function isAskedFor(values: Values): boolean {
  return values.mode === 'cleanup' && values.tags.length > 0;
}

function givenUpReason(tag: string): string {
  return pullRequestOf(tag) === undefined ? `${tag} given up` : 'preview given up';
}

/** What the inputs and the event ask a diff without a key to do. */
export function diffRun(values: Values, context: RunContext, reason: string | undefined): DiffRun {
  const asFolder = isFolderOnly(values['upload-method'], values.network);
  return {
    project: values.project || context.repository,
    profile: asFolder ? folderProfile(values['cid-profile']) : values['cid-profile'],
    expectedCid: values['expected-cid'],
    diffBase: values['diff-base'],
    reason,
    ...assessing(values, context),
  };
}

/** Events whose commit is what was built. A pull request is built merged with a branch that moves; others build what they like. */
const EVENTS_OF_A_COMMIT = new Set(['push', 'release', 'merge_group']);

function assessing(values: Values, { commit, event }: RunContext): Assessing {
  return {
    stripHash: values['strip-hash'],
    sizeBudget: values['size-budget'],
    builtCommit: EVENTS_OF_A_COMMIT.has(event) && commit !== '' ? commit.slice(0, 7) : undefined,
  };
}
