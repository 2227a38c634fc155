import type { Cid } from '../../src/domain/cid.ts';
import type { PromotionSource } from '../../src/domain/promotion.ts';
import type { GivenUp, RetentionPolicy } from '../../src/domain/retention.ts';
import type { Project } from '../../src/domain/tag.ts';
import type { CleanupRun } from '../../src/modes/cleanup.ts';
import type { DeployRun } from '../../src/modes/decide.ts';
import type { PromoteRun } from '../../src/modes/promote.ts';
import { unassessed } from './account.ts';

/** When something happens: `World` satisfies it. */
export interface Now {
  readonly date: () => Date;
}

/** What is the same for all runs of a project. */
export interface Rules {
  readonly project: Project;
  readonly keepLast: number;
  readonly keepWithinMs: number;
  readonly protectCids?: readonly Cid[];
  readonly previewsKeptMs?: number | undefined;
}

function policyOf({ project, keepLast, keepWithinMs, protectCids = [] }: Rules): RetentionPolicy {
  return {
    project,
    keepLast,
    keepWithinMs,
    protectTags: ['v*'],
    protectCids: new Set(protectCids),
    inUse: new Map(),
    givenUp: new Map(),
    scope: 'all',
  };
}

/** What is deployed, and under which tags. */
export interface Content {
  readonly tags: readonly string[];
  readonly cid: Cid;
}

/** A deploy that starts now. */
export function deployNow(rules: Rules, { tags, cid }: Content, at: Now): DeployRun & Content {
  return {
    ...unassessed,
    cid,
    content: { kind: 'directory', entries: [] },
    profile: 'unixfs-v1-2025',
    method: 'car',
    network: 'public',
    project: rules.project,
    tags,
    commit: '4f2c9a1',
    now: at.date(),
    metadata: {},
    expectedCid: undefined,
    reusePinned: true,
    name: () => rules.project.name,
    group: undefined,
    dryRun: false,
    failOnUnreachable: false,
    unpin: true,
    maxRemovals: 20,
    previewsKeptMs: rules.previewsKeptMs,
    retention: { ...policyOf(rules), scope: new Set(tags) },
  };
}

/** What is promoted, to which tag, and by which workflow run. */
export interface Promotion {
  readonly from: PromotionSource;
  readonly toTag: string;
  readonly run: string;
}

/** A promotion that starts now; one from a version of its own tag is a rollback. */
export function promoteNow(rules: Rules, { from, toTag, run }: Promotion, at: Now): PromoteRun {
  return {
    project: rules.project,
    from,
    toTag,
    rollback: from.kind === 'tag' && from.ref.tag === toTag,
    run,
    now: at.date(),
    network: 'public',
    verify: 'gateway',
    stripHash: [],
    names: [],
    protectTags: ['v*'],
    protectCids: new Set(rules.protectCids ?? []),
    name: () => rules.project.name,
    dryRun: false,
  };
}

function cleanupNow(rules: Rules, givenUp: ReadonlyMap<string, GivenUp>, at: Now): CleanupRun {
  const scope = givenUp.size === 0 ? ('all' as const) : new Set(givenUp.keys());
  return {
    policy: { ...policyOf(rules), givenUp, scope },
    closing: false,
    now: at.date(),
    unpin: true,
    maxRemovals: 20,
    dryRun: false,
  };
}

/** The cleanup that the closing of a pull request starts. */
export function closeNow(
  rules: Rules,
  pull: { readonly number: number; readonly merged: boolean },
  at: Now,
): CleanupRun {
  const given: GivenUp = pull.merged
    ? { why: 'pull request merged', at: secondsOf(at), mergedAt: at.date() }
    : { why: 'pull request closed', at: secondsOf(at) };
  return { ...cleanupNow(rules, new Map([[`pr-${pull.number}`, given]]), at), closing: true };
}

/** The cleanup of a tag that somebody asks for. */
export function giveUpNow(rules: Rules, tag: string, at: Now): CleanupRun {
  return cleanupNow(rules, new Map([[tag, { why: `${tag} given up`, at: secondsOf(at) }]]), at);
}

export function sweepNow(rules: Rules, at: Now): CleanupRun {
  return cleanupNow(rules, new Map(), at);
}

function secondsOf({ date }: Now): number {
  return Math.floor(date().getTime() / 1000);
}
