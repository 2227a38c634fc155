import type { Cid } from './cid.ts';
import { ActionError } from './errors.ts';
import type { Pin } from './pin.ts';
import { chooseTime, elsewhere, preferPins } from './plan.ts';
import {
  currentCid,
  historiesOf,
  markTime,
  renderTagRef,
  resolveTagRef,
  revisionsOf,
  type TagRef,
} from './revision.ts';
import { type Move, type Project, parseTags, pullRequestOf } from './tag.ts';

/** What the input `from` names. */
export type PromotionSource =
  | { readonly kind: 'tag'; readonly ref: TagRef }
  | { readonly kind: 'cid'; readonly cid: Cid };

export interface PromotionOrder {
  readonly project: Project;
  readonly from: PromotionSource;
  /** A tag that is no preview. */
  readonly toTag: string;
  /** GitHub's id of the workflow run, '' when unknown. */
  readonly run: string;
  readonly now: Date;
}

/** The content that a tag is to be put on. */
export interface Promoted {
  readonly cid: Cid;
  /** What the user calls it: `pr-12`, `production~1`, or the CID. */
  readonly label: string;
  /** The tag is counted back from itself, so doing it a second time would count again. */
  readonly relative: boolean;
  /** An earlier attempt of this very run has put the tag there: what is left is to be finished. */
  readonly redone: boolean;
}

/** The decision: which pin gets the tag, and what goes with it. */
export interface PromotionPlan extends Promoted {
  readonly toTag: string;
  /** Pins of the content, the best one first. */
  readonly pins: readonly Pin[];
  /** What the tag pointed to until now. */
  readonly previous: Cid | undefined;
  readonly changed: boolean;
  /** Unix seconds of the new mark. */
  readonly at: number;
  /** That the content was built from, 7 hex digits, all zero when unknown. */
  readonly commit: string;
  readonly superseded: ReadonlySet<string>;
  readonly move: Move | undefined;
}

/**
 * Which content is meant.
 * @param pins all pins of the project.
 * @throws ActionError `content` when nothing of the project has the tag.
 */
export function resolvePromoted({ project, from, toTag, run }: PromotionOrder, pins: readonly Pin[]): Promoted {
  if (from.kind === 'cid') return { cid: from.cid, label: from.cid, relative: false, redone: false };
  const { ref } = from;
  const label = renderTagRef(ref);
  const relative = ref.tag === toTag && ref.back > 0;
  const current = currentCid(pins, toTag, project);
  if (relative && current !== undefined && isMovedBy(run, { pins, cid: current, toTag, project })) {
    return { cid: current, label, relative, redone: true };
  }
  const cid = previewNow(pins, ref, project) ?? resolveTagRef(pins, ref, project);
  if (cid === undefined) throw nothingThere(ref, pins, project);
  return { cid, label, relative, redone: false };
}

interface Place {
  readonly pins: readonly Pin[];
  readonly cid: Cid;
  readonly toTag: string;
  readonly project: Project;
}

function isMovedBy(run: string, { pins, cid, toTag, project }: Place): boolean {
  if (run === '') return false;
  return pins.some((pin) => {
    const { moved } = parseTags(pin.keyvalues, project);
    return pin.cid === cid && moved?.tag === toTag && moved.run === run;
  });
}

/**
 * The cleanup of a merged pull request takes its marks away at once; what the last one was on is noted for an hour or more. A mark
 * that is left though the cleanup wanted it off may be on an older push.
 */
function previewNow(pins: readonly Pin[], { tag, back }: TagRef, project: Project): Cid | undefined {
  const number = pullRequestOf(tag);
  if (number === undefined || back > 0) return undefined;
  const noted = pins.flatMap(({ cid, keyvalues }) =>
    parseTags(keyvalues, project)
      .merged.filter(({ pullRequest }) => pullRequest === number)
      .map(({ at }) => ({ cid, at })),
  );
  const marked = historiesOf(revisionsOf(pins, project), project).get(tag) ?? [];
  return [...marked, ...noted].sort((a, b) => b.at - a.at)[0]?.cid;
}

const NAMED_TAGS = 10;

function nothingThere(ref: TagRef, pins: readonly Pin[], project: Project): ActionError {
  const histories = historiesOf(revisionsOf(pins, project), project);
  const versions = histories.get(ref.tag)?.length ?? 0;
  const tags = [...histories.keys()].slice(0, NAMED_TAGS).join(', ');
  if (versions > 0) {
    const known = versions === 1 ? 'one version' : `${versions} versions`;
    return new ActionError('content', `${renderTagRef(ref)} names nothing: ${ref.tag} has only ${known}.`, {
      hint: 'Name a version that is still pinned (mode: list shows them), or a CID, in from. No tag was moved.',
    });
  }
  return new ActionError('content', `Nothing of ${project.name} has the tag ${ref.tag}.`, {
    hint: `Name a tag or a CID in from. Tags of the project: ${tags === '' ? 'none' : tags}. No tag was moved.`,
  });
}

/**
 * Decides which pin gets the tag.
 * @param found pins of the project, and every pin of the content that is known.
 * @throws ActionError `content` when the account does not pin the content.
 */
export function planPromotion(
  promoted: Promoted,
  { project, toTag, run, now }: PromotionOrder,
  found: { readonly project: readonly Pin[]; readonly sameCid: readonly Pin[] },
): PromotionPlan {
  const pins = preferPins(found.sameCid, project);
  if (pins.length === 0) {
    throw new ActionError('content', `The account does not pin ${promoted.cid}.`, {
      hint: 'Only what is pinned can be promoted: deploy it first, or name a version that mode: list shows. No tag was moved.',
    });
  }
  const tags = [toTag];
  const previous = currentCid(found.project, toTag, project);
  const changed = previous !== promoted.cid;
  const marks = pins.flatMap((pin) => parseTags(pin.keyvalues, project).tags).sort((a, b) => b.at - a.at);
  return {
    ...promoted,
    toTag,
    pins,
    previous,
    changed,
    // What points there already keeps its time: it is where it was.
    at: changed ? chooseTime(found.project, { project, tags, now }) : sinceWhen(pins, toTag, project),
    commit: marks.find(({ commit }) => !/^0+$/.test(commit))?.commit ?? '0000000',
    superseded: elsewhere(found.project, promoted.cid, { project, tags }),
    move: promoted.relative && run !== '' ? { tag: toTag, run } : undefined,
  };
}

function sinceWhen(pins: readonly Pin[], tag: string, project: Project): number {
  return Math.max(...pins.map((pin) => markTime(pin, tag, project) ?? 0));
}
