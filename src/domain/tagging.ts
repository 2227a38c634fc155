import { ActionError } from './errors.ts';
import {
  ADOPTED,
  isNote,
  isUsed,
  type KeyvalueChanges,
  type Keyvalues,
  type Move,
  type PinTags,
  type Project,
  parseTags,
  pullRequestOf,
  renderForgotten,
  renderMerged,
  renderMoved,
  renderReleased,
  renderTags,
  renderUnpinning,
  renderUntagged,
  type TagMark,
} from './tag.ts';

/** Pinata keeps ten pairs on one pin; the last is left for the announcement that it is about to be unpinned. */
const MAX_PAIRS = 9;
/** A note leaves room for a tag of another run that is at work now. */
const MAX_PAIRS_WITH_NOTE = 8;

export interface TagRequest {
  readonly project: Project;
  /** Tags to put on the pin, `pr-<n>` among them. */
  readonly tags: readonly string[];
  readonly at: number;
  readonly commit: string;
  /** The user's own pairs. */
  readonly metadata: Keyvalues;
  /** Tags that point to other content by now: their old marks give way where a pin has no pair left. */
  readonly superseded: ReadonlySet<string>;
  readonly origin: PinOrigin;
  /** The run that moves a tag here by counting back. */
  readonly move?: Move | undefined;
}

/** What is known of a pin's life before this run. */
export type PinOrigin =
  /** This run made it, or only reads and tags it. */
  | { readonly kind: 'plain' }
  /** An upload of this run met it; `before` are the pairs it had when it was decided, where it was listed then. */
  | { readonly kind: 'met'; readonly before: Keyvalues | undefined };

/**
 * The pairs to write so that a pin with `present` pairs carries the requested tags. Only what differs is in it:
 * an update merges, so nothing else on the pin is touched. A pin that no project has used is adopted.
 */
export function planTags(found: Keyvalues, request: TagRequest): KeyvalueChanges {
  const { project } = request;
  const present = { ...wipedPairs(found, request), ...found };
  refuseOtherOwner(present, project);
  const before = parseTags(present, project);
  const pullRequests = request.tags.flatMap((tag) => pullRequestOf(tag) ?? []);
  const wanted = renderTags(
    {
      tags: request.tags
        .filter((tag) => pullRequestOf(tag) === undefined && !isNewer(before.tags, tag, request.at))
        .map((tag) => ({ tag, at: request.at, commit: request.commit })),
      previews: [
        ...pullRequests.map((pullRequest) => ({
          pullRequest,
          at: Math.max(request.at, previewTime(before, pullRequest)),
        })),
        ...(pullRequests.length > 0 ? before.previews.filter((mark) => !pullRequests.includes(mark.pullRequest)) : []),
      ],
      adopted: before.adopted || isForeign(present, before, request.origin),
    },
    project,
  );
  const changes: KeyvalueChanges = Object.fromEntries([
    ...Object.entries({ ...present, ...metadataFor(present, wanted, request), ...wanted }).filter(
      ([key, value]) => found[key] !== value,
    ),
    ...(before.released === undefined ? [] : Object.entries(renderReleased(project, undefined))),
  ]);
  // Written again with every change: another run may release the pin, and take the mark off, before ours arrives.
  const adopted = wanted[ADOPTED] === undefined || Object.keys(changes).length === 0 ? {} : { [ADOPTED]: '1' };
  const all = { ...changes, ...adopted, ...makeRoom(found, changes, { ...request, present }) };
  return { ...all, ...noteOfMove(applyChanges(found, all), request) };
}

/** Only where there is room for it: the tag itself matters more. What was merged matters less: it is promoted once. */
function noteOfMove(after: Keyvalues, { project, move }: TagRequest): KeyvalueChanges {
  if (move === undefined) return {};
  const note = renderMoved(project, move);
  const isThere = Object.entries(note).every(([key, value]) => after[key] === value);
  if (isThere || isTaken(after, note)) return {};
  const instead = [note, { ...notesOn(after, project), ...note }];
  return instead.find((changes) => isRoomy(applyChanges(after, changes))) ?? {};
}

/** What stands in the place of a note and is none is a tag of before there were notes: it stays. */
function isTaken(found: Keyvalues, note: KeyvalueChanges): boolean {
  return Object.keys(note).some((key) => found[key] !== undefined && !isNote(key, found[key]));
}

function isRoomy(keyvalues: Keyvalues): boolean {
  return Object.keys(keyvalues).length <= MAX_PAIRS_WITH_NOTE;
}

function fits(keyvalues: Keyvalues, project: Project): boolean {
  return Object.keys(applyChanges(keyvalues, renderUnpinning(project, undefined))).length <= MAX_PAIRS;
}

/** The user's pairs; on a pin that others use too, only those that are not there yet. */
function metadataFor(present: Keyvalues, wanted: Keyvalues, { metadata, project }: TagRequest): Keyvalues {
  const { adopted, shared } = parseTags({ ...present, ...wanted }, project);
  if (!adopted && !shared) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !Object.hasOwn(present, key)));
}

function refuseOtherOwner(present: Keyvalues, project: Project): void {
  const owner = present[project.key];
  if (owner === undefined || owner === project.name) return;
  throw new ActionError(
    'conflict',
    `The pin's key ${project.key} belongs to the project "${owner}", not to "${project.name}".`,
    {
      hint: 'Two projects of this account have names with the same short hash. Give one of them another name in the input project.',
    },
  );
}

/** The pull requests whose previews a written value no longer names, because it is full. */
export function cutPreviews(found: Keyvalues, changes: KeyvalueChanges, project: Project): readonly number[] {
  const after = parseTags(applyChanges(found, changes), project).previews.map(({ pullRequest }) => pullRequest);
  return parseTags(found, project)
    .previews.map(({ pullRequest }) => pullRequest)
    .filter((pullRequest) => !after.includes(pullRequest));
}

/** What an update makes of keyvalues. */
export function applyChanges(found: Keyvalues, changes: KeyvalueChanges): Keyvalues {
  const merged = Object.entries({ ...found, ...changes });
  return Object.fromEntries(merged.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

function previewTime(tags: PinTags, pullRequest: number): number {
  return tags.previews.find((mark) => mark.pullRequest === pullRequest)?.at ?? 0;
}

/** Another run put the tag here since: its mark stays, or the two would overwrite each other for ever. */
function isNewer(marks: readonly TagMark[], tag: string, at: number): boolean {
  return marks.some((mark) => mark.tag === tag && mark.at >= at);
}

/**
 * What an upload took off the pin that it met: all the pairs of before, when none of them is left. One that is missing
 * among others was removed by somebody, and stays removed.
 */
function wipedPairs(found: Keyvalues, { origin, project }: TagRequest): Keyvalues {
  if (origin.kind === 'plain' || origin.before === undefined) return {};
  // What the project itself noted in passing is not true any more once it is deployed again.
  const passing = { ...renderReleased(project, undefined), ...renderUnpinning(project, undefined) };
  const before = Object.entries(origin.before).filter(([key]) => key !== project.key && !Object.hasOwn(passing, key));
  return before.some(([key]) => Object.hasOwn(found, key)) ? {} : Object.fromEntries(before);
}

/**
 * True when nobody of ours made this pin. Our upload may have put our marker on it: then its pairs of before tell; where
 * those are unknown, a pin with nothing but the marker counts as foreign, which costs storage at worst and never content.
 */
function isForeign(present: Keyvalues, tags: PinTags, origin: PinOrigin): boolean {
  if (origin.kind === 'plain') return !isUsed(present);
  if (origin.before !== undefined) return !isUsed(origin.before);
  return tags.tags.length === 0 && tags.previews.length === 0 && !tags.shared;
}

/** Marks that may go so that the pin stays within its pairs, oldest first. Throws where that is not enough. */
function makeRoom(
  found: Keyvalues,
  changes: KeyvalueChanges,
  { present, project, superseded, tags }: TagRequest & { readonly present: Keyvalues },
): KeyvalueChanges {
  const added = Object.keys(changes).some((key) => !Object.hasOwn(found, key));
  const whole = applyChanges(found, changes);
  if (!added || fits(whole, project)) return {};
  // What was noted in passing is worth least, whoever noted it.
  const own = notesOn(found, project);
  const dropped = fits(applyChanges(whole, own), project) ? own : allNotesOn(found);
  const after = applyChanges(applyChanges(whole, dropped), renderUnpinning(project, undefined));
  const size = Object.keys(after).length;
  if (size <= MAX_PAIRS) return dropped;
  const spare = parseTags(present, project)
    .tags.filter(({ tag }) => superseded.has(tag) && !tags.includes(tag))
    .sort((a, b) => a.at - b.at)
    .slice(0, size - MAX_PAIRS);
  if (size - spare.length > MAX_PAIRS) {
    throw new ActionError(
      'conflict',
      `The pin would need ${size - spare.length} key-value pairs; ${MAX_PAIRS} is the most that pinata-deploy puts on one.`,
      {
        hint: `Use fewer tags or metadata lines for this content, or give up a tag that you no longer need (mode: cleanup with tags). On it are: ${Object.keys(found).join(', ')}.`,
      },
    );
  }
  return { ...dropped, ...renderUntagged(new Map(spare.map(({ tag, at }) => [tag, at])), present, project) };
}

/** What takes off what was noted of past tags. */
function notesOn(found: Keyvalues, project: Project): KeyvalueChanges {
  const notes = Object.entries({ ...renderMerged(project, []), ...renderMoved(project, undefined) });
  return Object.fromEntries(notes.filter(([key]) => found[key] !== undefined && isNote(key, found[key])));
}

/** The same of every project. */
function allNotesOn(found: Keyvalues): KeyvalueChanges {
  return Object.fromEntries(
    Object.entries(found)
      .filter(([key, value]) => isNote(key, value))
      .map(([key]) => [key, null]),
  );
}

/** What announces that a run is about to unpin. Two runs that noted something at once may have left no room for it. */
export function planAnnouncement(
  found: Keyvalues,
  { project, at }: Pick<TagRequest, 'project' | 'at'>,
): KeyvalueChanges {
  const announced = renderUnpinning(project, at);
  return fits(applyChanges(found, announced), project) ? announced : { ...allNotesOn(found), ...announced };
}

export interface UntagRequest extends Pick<TagRequest, 'project' | 'at'> {
  /** Of the tags that are taken off, previews of pull requests that were merged. */
  readonly merged?: ReadonlySet<string>;
}

/**
 * What takes given-up tags off a pin whose content stays; without any tag left it says since when. What was merged is noted:
 * a workflow that follows may put that very content into production.
 */
export function planUntag(
  found: Keyvalues,
  tags: ReadonlyMap<string, number>,
  { project, at, merged }: UntagRequest,
): KeyvalueChanges {
  const untagged = renderUntagged(tags, found, project);
  if (Object.keys(untagged).length === 0) return untagged;
  const after = parseTags(applyChanges(found, untagged), project);
  const bare = after.tags.length === 0 && after.previews.length === 0 && after.unread.length === 0;
  const changes = bare ? { ...untagged, ...renderReleased(project, at) } : untagged;
  const note = noteOfMerged(found, changes, { project, merged: merged ?? new Set() });
  const fitsIn = !isTaken(found, note) && isRoomy(applyChanges(applyChanges(found, changes), note));
  return fitsIn ? { ...changes, ...note } : changes;
}

function noteOfMerged(
  found: Keyvalues,
  changes: KeyvalueChanges,
  { project, merged }: Required<Pick<UntagRequest, 'project' | 'merged'>>,
): KeyvalueChanges {
  const before = parseTags(found, project);
  const left = parseTags(applyChanges(found, changes), project).previews.map(({ pullRequest }) => pullRequest);
  const gone = before.previews.filter(
    ({ pullRequest }) => !left.includes(pullRequest) && merged.has(`pr-${pullRequest}`),
  );
  if (gone.length === 0) return {};
  const numbers = gone.map(({ pullRequest }) => pullRequest);
  return renderMerged(project, [...gone, ...before.merged.filter(({ pullRequest }) => !numbers.includes(pullRequest))]);
}

/** What gives up a pin that must stay for others: an adopted one is as it was before us, another one says so. */
export function planRelease(found: Keyvalues, { project, at }: Pick<TagRequest, 'project' | 'at'>): KeyvalueChanges {
  const tags = parseTags(found, project);
  if (tags.adopted) return renderForgotten(found, project);
  const all = [...tags.tags.map(({ tag }) => tag), ...tags.previews.map(({ pullRequest }) => `pr-${pullRequest}`)];
  return {
    ...renderUntagged(new Map(all.map((tag) => [tag, Number.POSITIVE_INFINITY])), found, project),
    ...notesOn(found, project),
    ...renderReleased(project, at),
  };
}
