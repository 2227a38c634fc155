import type { Cid } from './cid.ts';
import { ActionError } from './errors.ts';
import type { Build } from './listing.ts';
import type { Pin } from './pin.ts';
import { currentCid, markTime } from './revision.ts';
import { type Keyvalues, type Project, parseTags, planTags } from './tag.ts';

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
  /** False when every tag already points to this CID. */
  readonly changed: boolean;
  readonly tags: readonly string[];
  /** When the tags are put there, unix seconds: now, or just after the newest mark that is to be moved. */
  readonly at: number;
}

/**
 * Decides a deploy.
 * @throws ActionError `content` when the build is not the expected one, `conflict` when the tags do not fit on the pin.
 */
export function planDeploy(build: Build, remote: RemoteState, options: DeployOptions): DeployPlan {
  if (options.expectedCid !== undefined && options.expectedCid !== build.root) {
    throw new ActionError('content', `The build has the CID ${build.root}, expected-cid is ${options.expectedCid}.`, {
      hint: 'Rebuild from the same sources with the same tools and cid-profile, or correct expected-cid.',
    });
  }
  const at = chooseTime(remote, options);
  const source = choosePin(remote, options);
  // Refuses now, before anything is sent, what could not be tagged afterwards.
  planTags(source.kind === 'reuse' ? source.pin.keyvalues : {}, {
    ...options,
    at,
    origin: { kind: 'plain' },
  });
  const now = options.tags.map((tag) => currentCid(remote.project, tag, options.project));
  return {
    cid: build.root,
    source,
    sameCid: remote.sameCid,
    previous: now[0],
    changed: now.some((cid) => cid !== build.root) || now.length === 0,
    tags: options.tags,
    at,
  };
}

/**
 * The newest mark of a tag is where it points. So a mark must be newer than those that are there, though two deploys fall
 * into one second or another machine's clock is ahead.
 */
function chooseTime(remote: RemoteState, options: DeployOptions): number {
  const marks = options.tags.flatMap((tag) => remote.project.map((pin) => markTime(pin, tag, options.project) ?? 0));
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
