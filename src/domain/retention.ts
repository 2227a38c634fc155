import type { Cid } from './cid.ts';
import { ActionError } from './errors.ts';
import type { Pin } from './pin.ts';
import { type History, historiesOf, type Mark, marksOf, type Revision, renderTagRef } from './revision.ts';
import { isMarker, type Project, parseTags, pullRequestOf, UNKNOWN_PREVIEW } from './tag.ts';

/** Why a tag is given up though it may be the newest of its name. */
export interface GivenUp {
  /** In words, such as `pull request closed`. */
  readonly why: string;
  /** Unix seconds; a mark that is newer than this stays: the pull request was reopened since. */
  readonly at: number;
  /** When a pull request was merged: its content goes an hour later, since a merge starts a deploy of the same content. */
  readonly mergedAt?: Date;
}

/** What is kept. */
export interface RetentionPolicy {
  readonly project: Project;
  /** Newest revisions kept for each long-lived tag; at least 1. */
  readonly keepLast: number;
  readonly keepWithinMs: number;
  /** Globs of tag names: a revision with such a tag is never given up. */
  readonly protectTags: readonly string[];
  readonly protectCids: ReadonlySet<Cid>;
  /** What the world outside still uses: a GitHub deployment, a hot swap; with the reason. */
  readonly inUse: ReadonlyMap<Cid, string>;
  /** Tags to give up: of pull requests that are closed, or as the user asked. */
  readonly givenUp: ReadonlyMap<string, GivenUp>;
  /** The tags that may be judged; what other tags left stays, whatever its age. */
  readonly scope: 'all' | ReadonlySet<string>;
}

export type VerdictKind =
  | 'current'
  | 'protected'
  | 'history'
  | 'young'
  | 'shared-content'
  | 'other-project'
  | 'adopted'
  | 'stale';

/** The one judgement on a revision. Only `stale` content is unpinned. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** In words, for a table. */
  readonly reason: string;
}

/** What becomes of a revision's pins. */
export type RevisionFate =
  | 'keep'
  /** Kept; the tags that are given up are taken off. */
  | 'untag'
  /** The content stays for others; all our tags are taken off. */
  | 'release'
  | 'unpin';

export interface Judged {
  readonly revision: Revision;
  readonly verdict: Verdict;
  readonly fate: RevisionFate;
  readonly marks: readonly Mark[];
  /** The marks as people name them, newest first: `production~1`. */
  readonly refs: readonly string[];
}

/** A pull request that fell out of a full value keeps its preview for so long. */
const UNKNOWN_PREVIEWS_KEPT_MS = 30 * 86_400_000;
/** An upload that is not tagged yet, or a merge whose production deploy is on its way, gets so long. */
const UNTAGGED_GRACE_MS = 3_600_000;

/**
 * Judges every revision of a project: exactly one verdict each. Rules: docs/tags.md.
 * @param revisions all revisions of the project, also those that are not to be judged: they are the tags' histories.
 */
export function judgeRevisions(revisions: readonly Revision[], policy: RetentionPolicy, now: Date): readonly Judged[] {
  const histories = historiesOf(revisions, policy.project);
  return revisions.map((revision) => judge(revision, { policy, histories, now }));
}

interface Court {
  readonly policy: RetentionPolicy;
  readonly histories: ReadonlyMap<string, History>;
  readonly now: Date;
}

function judge(revision: Revision, court: Court): Judged {
  const marks = marksOf(revision, court.policy.project);
  const judged = marks.map((mark) => ({ mark, keeps: keptBy(mark, revision, court) }));
  const lost = judged.filter(({ keeps }) => keeps === undefined).map(({ mark }) => mark);
  const kept = judged.flatMap(({ mark, keeps }) => (keeps === undefined ? [] : [{ mark, keeps }])).sort(byStrength)[0];
  const verdict =
    kept === undefined
      ? judgeUnneeded(revision, lost, court)
      : lost.length > 0
        ? { kind: 'shared-content' as const, reason: `same CID as ${kept.mark.tag} (${kept.keeps.reason})` }
        : kept.keeps;
  return {
    revision,
    verdict,
    fate:
      kept !== undefined && isPassing(kept, court.policy) && lost.some((mark) => isFreshMerge(mark, court))
        ? 'keep'
        : fateOf(verdict, lost, { revision, policy: court.policy }),
    marks,
    refs: marks.map((mark) => refOf(mark, revision.cid, court.histories)),
  };
}

interface Keeper {
  readonly mark: Mark;
  readonly keeps: Verdict;
}

/** History keeps content until newer deploys push it out, which may be within the hour. */
function isPassing({ mark, keeps }: Keeper, { protectTags }: RetentionPolicy): boolean {
  if (keeps.kind === 'history' || keeps.kind === 'young') return true;
  return keeps.kind === 'protected' && !protectTags.some((glob) => matchesTag(glob, mark.tag));
}

/** Of a pull request that was merged within the hour: somebody may be about to promote its content, which needs the mark. */
function isFreshMerge(mark: Mark, { policy, now }: Court): boolean {
  const mergedAt = isGivenUp(mark, policy) ? policy.givenUp.get(mark.tag)?.mergedAt : undefined;
  return mergedAt !== undefined && isYounger(mergedAt.getTime(), UNTAGGED_GRACE_MS, now);
}

function fateOf({ kind }: Verdict, lost: readonly Mark[], { revision, policy }: Case): RevisionFate {
  if (kind === 'stale') return 'unpin';
  if (kind === 'adopted') return 'release';
  if (kind === 'other-project' && (lost.length > 0 || !isReleased(revision, policy.project))) return 'release';
  const given = lost.filter((mark) => isGivenUp(mark, policy));
  // What was merged within the hour rests by its mark alone: without it, the other lost ones would make it stale at once.
  if (kind === 'young' && given.length < lost.length) return 'keep';
  return given.length > 0 ? 'untag' : 'keep';
}

interface Case {
  readonly revision: Revision;
  readonly policy: RetentionPolicy;
}

function isReleased({ pins }: Revision, project: Project): boolean {
  return pins.every((pin) => parseTags(pin.keyvalues, project).released !== undefined);
}

/** True when the policy takes the tag away, wherever else it points to. */
function isGivenUp({ tag, at }: Mark, { givenUp }: RetentionPolicy): boolean {
  return at <= (givenUp.get(tag)?.at ?? -1);
}

/** The tags that are taken off content that stays, each with the newest time (unix seconds) that a mark may have for it. */
export function tagsToTakeOff({ givenUp, protectTags }: RetentionPolicy): ReadonlyMap<string, number> {
  const given = [...givenUp].filter(([tag]) => !protectTags.some((glob) => matchesTag(glob, tag)));
  return new Map(given.map(([tag, { at }]) => [tag, at]));
}

const STRENGTH: readonly VerdictKind[] = ['current', 'protected', 'history', 'young'];

function byStrength(a: { readonly keeps: Verdict }, b: { readonly keeps: Verdict }): number {
  return STRENGTH.indexOf(a.keeps.kind) - STRENGTH.indexOf(b.keeps.kind);
}

/** Why a tag keeps the content that it was put on; undefined when it does not. */
function keptBy(mark: Mark, revision: Revision, { policy, histories, now }: Court): Verdict | undefined {
  const glob = policy.protectTags.find((pattern) => matchesTag(pattern, mark.tag));
  if (glob !== undefined) return { kind: 'protected', reason: `protect-tags ${glob}` };
  if (isGivenUp(mark, policy)) return undefined;
  const rank = rankOf(mark, revision.cid, histories);
  const isUnknown = mark.tag === UNKNOWN_PREVIEW;
  if (rank === 0 && !isUnknown) return { kind: 'current', reason: 'current' };
  if (policy.scope !== 'all' && !policy.scope.has(mark.tag)) {
    return { kind: 'protected', reason: `history of ${mark.tag}, not of this run` };
  }
  if (isUnknown) {
    return isYounger(mark.at * 1000, UNKNOWN_PREVIEWS_KEPT_MS, now)
      ? { kind: 'young', reason: 'more previews than fit on the pin' }
      : undefined;
  }
  if (pullRequestOf(mark.tag) === undefined && rank < policy.keepLast) {
    return { kind: 'history', reason: `keep-last ${policy.keepLast}` };
  }
  return isYounger(mark.at * 1000, policy.keepWithinMs, now)
    ? { kind: 'young', reason: 'younger than keep-within' }
    : undefined;
}

/** How many newer contents a tag has had; contents of the same second share a rank, so none of them is given up by chance. */
function rankOf(mark: Mark, cid: Cid, histories: ReadonlyMap<string, History>): number {
  const history = histories.get(mark.tag) ?? [];
  return history.filter((entry) => entry.at > mark.at && entry.cid !== cid).length;
}

function refOf(mark: Mark, cid: Cid, histories: ReadonlyMap<string, History>): string {
  const back = histories.get(mark.tag)?.findIndex((entry) => entry.cid === cid) ?? 0;
  return renderTagRef({ tag: mark.tag, back: Math.max(0, back) });
}

function isYounger(sinceMs: number, limitMs: number, now: Date): boolean {
  return now.getTime() - sinceMs < limitMs;
}

/** No tag needs the content: something else may, and else it is stale. */
function judgeUnneeded(revision: Revision, lost: readonly Mark[], { policy, now }: Court): Verdict {
  const tags = revision.pins.map((pin) => parseTags(pin.keyvalues, policy.project));
  const [unread] = tags.flatMap((pin) => pin.unread).sort();
  if (unread !== undefined) return { kind: 'protected', reason: `its tag ${unread} is of a newer version` };
  if (policy.protectCids.has(revision.cid)) return { kind: 'protected', reason: 'protect-cids' };
  const use = policy.inUse.get(revision.cid);
  if (use !== undefined) return { kind: 'protected', reason: use };
  const resting = restingReason(revision, lost, { policy, now });
  if (resting !== undefined) return { kind: 'young', reason: resting };
  if (revision.others.some((pin) => isNeededOutside(pin, policy.project)) || tags.some((pin) => pin.shared)) {
    return { kind: 'other-project', reason: 'used outside of this project' };
  }
  if (tags.some((pin) => pin.adopted)) return { kind: 'adopted', reason: 'was pinned before this project used it' };
  return { kind: 'stale', reason: staleReason(lost, policy) };
}

/** A pin that no project of ours knows is somebody's; one of another project counts until that has released it. */
function isNeededOutside({ keyvalues }: Pin, project: Project): boolean {
  return !Object.keys(keyvalues).some(isMarker) || parseTags(keyvalues, project).shared;
}

/** Why content without a tag stays a while longer. */
function restingReason(
  { pins }: Revision,
  lost: readonly Mark[],
  { policy, now }: Pick<Court, 'policy' | 'now'>,
): string | undefined {
  const given = lost.filter((mark) => isGivenUp(mark, policy));
  const merged = given.flatMap(({ tag }) => policy.givenUp.get(tag)?.mergedAt?.getTime() ?? []);
  if (merged.some((at) => isYounger(at, UNTAGGED_GRACE_MS, now))) return 'merged within the hour';
  if (lost.length > 0) return undefined;
  const since = pins.map(
    (pin) => (parseTags(pin.keyvalues, policy.project).released ?? pin.createdAt.getTime() / 1000) * 1000,
  );
  return since.some((at) => isYounger(at, UNTAGGED_GRACE_MS, now)) ? 'without a tag for less than an hour' : undefined;
}

function staleReason(lost: readonly Mark[], policy: RetentionPolicy): string {
  const [newest] = lost;
  if (newest === undefined) return 'no tag';
  const asked = lost.filter((mark) => isGivenUp(mark, policy)).map(({ tag }) => policy.givenUp.get(tag)?.why)[0];
  if (asked !== undefined) return `${asked}, no other tag`;
  if (newest.tag === UNKNOWN_PREVIEW) return 'previews that did not fit, older than 30 days';
  return pullRequestOf(newest.tag) === undefined
    ? `older than keep-last ${policy.keepLast} and keep-within`
    : 'replaced, older than keep-within';
}

/** A glob of tag names: `*` stands for any characters, `?` for one. */
export function matchesTag(glob: string, tag: string): boolean {
  const pattern = glob
    .replace(/[.\\+^$|(){}[\]]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${pattern}$`).test(tag);
}

/** The rows that a plan would unpin. */
export function toUnpin(rows: readonly Judged[]): readonly Judged[] {
  return rows.filter(({ fate }) => fate === 'unpin');
}

/** @throws ActionError `conflict` when a plan would unpin more than the user allows; nothing was sent then. */
export function refuseTooMany(rows: readonly Judged[], maxRemovals: number): void {
  const count = toUnpin(rows).length;
  if (count <= maxRemovals) return;
  throw new ActionError('conflict', `The plan would unpin ${count} revisions; max-removals is ${maxRemovals}.`, {
    hint: 'Nothing was unpinned. Look at the plan with dry-run: true; if it is right, raise max-removals for one run.',
  });
}
