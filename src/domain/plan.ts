import type { Cid } from './cid.ts';
import { type BaseChoice, chooseBase, type DiffBaseInput } from './diff-base.ts';
import { ActionError } from './errors.ts';
import type { Build } from './listing.ts';
import type { Pin } from './pin.ts';
import { type Judged, judgeRevisions, type RetentionPolicy } from './retention.ts';
import { currentCid, historiesOf, markTime, type Revision, revisionsOf } from './revision.ts';
import { type KeyvalueChanges, type Keyvalues, type Project, parseTags } from './tag.ts';
import { applyChanges, planTags } from './tagging.ts';

/** What the account holds, as far as this deploy cares. */
export interface RemoteState {
  /** The project's pins. */
  readonly project: readonly Pin[];
  /** Every pin of the build's CID, whoever made it. */
  readonly sameCid: readonly Pin[];
}

export interface DeployOptions {
  readonly project: Project;
  readonly tags: readonly string[];
  readonly commit: string;
  readonly now: Date;
  readonly metadata: Keyvalues;
  readonly expectedCid: Cid | undefined;
  readonly reusePinned: boolean;
  readonly retention: RetentionPolicy;
  readonly diffBase: DiffBaseInput;
}

/** Where the pin comes from: one that is there already, or an upload. */
export type PinSource =
  | { readonly kind: 'reuse'; readonly pin: Pin }
  | { readonly kind: 'upload'; readonly reason: string };

/** The decision. Everything before it only read; everything after it only carries it out. */
export interface DeployPlan {
  readonly cid: Cid;
  readonly source: PinSource;
  /** The pins of this CID as they were when it was decided. */
  readonly sameCid: readonly Pin[];
  /** What the first tag pointed to until now. */
  readonly previous: Cid | undefined;
  /** What the build is compared with. */
  readonly base: BaseChoice;
  /** False when every tag already points to this CID. */
  readonly changed: boolean;
  readonly tags: readonly string[];
  /** When the tags are put there, unix seconds: now, or just after the newest mark that is to be moved. */
  readonly at: number;
  /** Tags that point to other content. */
  readonly superseded: ReadonlySet<string>;
  /** Every revision of the project as it is judged when the tags have moved. */
  readonly retention: readonly Judged[];
  /** By which they were judged. */
  readonly policy: RetentionPolicy;
}

/**
 * Decides a deploy.
 * @throws ActionError `content` when the build is not the expected one, `conflict` when the tags do not fit on the pin.
 */
export function planDeploy(build: Build, remote: RemoteState, options: DeployOptions): DeployPlan {
  requireExpected(build, options.expectedCid);
  const at = chooseTime(remote.project, options);
  const source = choosePin(remote, options);
  const superseded = elsewhere(remote.project, build.root, options);
  const found = source.kind === 'reuse' ? source.pin.keyvalues : uploadedPairs(options.project);
  // Refuses now, before anything is sent, what could not be tagged afterwards.
  const tagging = planTags(found, { ...options, at, superseded, origin: { kind: 'plain' } });
  const now = options.tags.map((tag) => currentCid(remote.project, tag, options.project));
  return {
    cid: build.root,
    source,
    sameCid: remote.sameCid,
    previous: now[0],
    base: chooseBase(options.diffBase, { ...options, pins: remote.project }),
    changed: now.some((cid) => cid !== build.root) || now.length === 0,
    tags: options.tags,
    at,
    superseded,
    policy: options.retention,
    retention: judgeRevisions(
      revisionsAfter(remote, { build, source, tagging }, options),
      options.retention,
      options.now,
    ),
  };
}

/** @throws ActionError `content` when the build is not the one that is expected. */
export function requireExpected({ root }: Build, expectedCid: Cid | undefined): void {
  if (expectedCid === undefined || expectedCid === root) return;
  throw new ActionError('content', `The build has the CID ${root}, expected-cid is ${expectedCid}.`, {
    hint: 'Rebuild from the same sources with the same tools and cid-profile, or correct expected-cid.',
  });
}

/** What an upload carries: only whose it is. The tags follow when the CID has been seen to be right. */
export function uploadedPairs(project: Project): Keyvalues {
  return { [project.key]: project.name };
}

/** Tags that will point to other content when `tags` have moved to this one. */
export function elsewhere(
  pins: readonly Pin[],
  cid: Cid,
  { project, tags }: Pick<DeployOptions, 'project' | 'tags'>,
): ReadonlySet<string> {
  const histories = [...historiesOf(revisionsOf(pins, project), project)];
  return new Set(histories.flatMap(([tag, [current]]) => (current?.cid === cid || tags.includes(tag) ? [] : [tag])));
}

interface Next {
  readonly build: Build;
  readonly source: PinSource;
  readonly tagging: KeyvalueChanges;
}

/** The project as it will be when this deploy has put its tags. */
function revisionsAfter(
  remote: RemoteState,
  { build, source, tagging }: Next,
  { project, now }: DeployOptions,
): readonly Revision[] {
  const keyvalues = uploadedPairs(project);
  const fresh: Pin = { id: 'new', cid: build.root, name: '', bytes: build.bytes, keyvalues, createdAt: now };
  const before = source.kind === 'reuse' ? source.pin : fresh;
  const after = { ...before, keyvalues: applyChanges(before.keyvalues, tagging) };
  const pins = [...remote.project.filter(({ id }) => id !== before.id), after];
  return revisionsOf(pins, project);
}

/**
 * The newest mark of a tag is where it points. So a mark must be newer than those that are there, though two deploys fall
 * into one second or another machine's clock is ahead.
 */
export function chooseTime(pins: readonly Pin[], options: Pick<DeployOptions, 'project' | 'tags' | 'now'>): number {
  const marks = options.tags.flatMap((tag) => pins.map((pin) => markTime(pin, tag, options.project) ?? 0));
  return marks.reduce((latest, at) => Math.max(latest, at + 1), Math.floor(options.now.getTime() / 1000));
}

function choosePin(remote: RemoteState, options: DeployOptions): PinSource {
  if (!options.reusePinned) return { kind: 'upload', reason: 'reuse-pinned is false' };
  const [best] = preferPins(remote.sameCid, options.project);
  return best === undefined
    ? { kind: 'upload', reason: 'the account does not pin this CID' }
    : { kind: 'reuse', pin: best };
}

/** A pin of ours first, then the oldest: two runs that decide at once choose the same one. */
export function preferPins(pins: readonly Pin[], project: Project): readonly Pin[] {
  return [...pins].sort(
    (a, b) =>
      Number(parseTags(b.keyvalues, project).ours) - Number(parseTags(a.keyvalues, project).ours) ||
      a.createdAt.getTime() - b.createdAt.getTime() ||
      (a.id < b.id ? -1 : 1),
  );
}
