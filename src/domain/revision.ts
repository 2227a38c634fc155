import type { Cid } from './cid.ts';
import type { Pin } from './pin.ts';
import { type Project, parseTags, pullRequestOf } from './tag.ts';

/** One CID of a project, with the pins and tags it has. */
export interface Revision {
  readonly cid: Cid;
  /** The project's pins: one, or several where the service keeps a record for each upload. */
  readonly pins: readonly Pin[];
  /** Pins of the same CID that are not the project's; empty where nobody looked for them. */
  readonly others: readonly Pin[];
}

/** A tag, `pr-<n>` among them, on a content since `at` (unix seconds). */
export interface Mark {
  readonly tag: string;
  readonly at: number;
}

/** A tag's contents, newest first: the first is current. */
export type History = readonly { readonly cid: Cid; readonly at: number }[];

/** The project's revisions. A pin whose CID is not known yet belongs to none. */
export function revisionsOf(pins: readonly Pin[], project: Project): readonly Revision[] {
  const byCid = new Map<Cid, Pin[]>();
  for (const pin of pins) {
    if (pin.cid === undefined || !parseTags(pin.keyvalues, project).ours) continue;
    byCid.set(pin.cid, [...(byCid.get(pin.cid) ?? []), pin]);
  }
  return [...byCid].map(([cid, own]) => ({ cid, pins: own, others: [] }));
}

/** The tags on a content, newest first; each once, with its newest time. */
export function marksOf(revision: Pick<Revision, 'pins'>, project: Project): readonly Mark[] {
  const newest = new Map<string, number>();
  for (const pin of revision.pins) {
    const { tags, previews } = parseTags(pin.keyvalues, project);
    const marks = [...tags, ...previews.map(({ pullRequest, at }) => ({ tag: `pr-${pullRequest}`, at }))];
    for (const { tag, at } of marks) newest.set(tag, Math.max(at, newest.get(tag) ?? 0));
  }
  return [...newest].map(([tag, at]) => ({ tag, at })).sort((a, b) => b.at - a.at || (a.tag < b.tag ? -1 : 1));
}

/** Where each tag pointed to and when. Two contents of one second are in the order of their CIDs. */
export function historiesOf(revisions: readonly Revision[], project: Project): ReadonlyMap<string, History> {
  const histories = new Map<string, { cid: Cid; at: number }[]>();
  for (const revision of revisions) {
    for (const { tag, at } of marksOf(revision, project)) {
      histories.set(tag, [...(histories.get(tag) ?? []), { cid: revision.cid, at }]);
    }
  }
  for (const history of histories.values()) history.sort((a, b) => b.at - a.at || (a.cid < b.cid ? -1 : 1));
  return histories;
}

/** A tag, or what it pointed to some steps ago: `production`, `production~2`. */
export interface TagRef {
  readonly tag: string;
  readonly back: number;
}

/** Reads `production` or `production~1`; undefined for anything else. */
export function parseTagRef(text: string): TagRef | undefined {
  const [, tag, back] = /^([a-z0-9][a-z0-9._-]{0,23})(?:~([0-9]{1,3}))?$/.exec(text) ?? [];
  return tag === undefined ? undefined : { tag, back: Number(back ?? 0) };
}

/** The identity with `parseTagRef`. */
export function renderTagRef({ tag, back }: TagRef): string {
  return back === 0 ? tag : `${tag}~${back}`;
}

/** The content that a reference means; undefined when the tag does not reach back so far. */
export function resolveTagRef(pins: readonly Pin[], ref: TagRef, project: Project): Cid | undefined {
  return historiesOf(revisionsOf(pins, project), project).get(ref.tag)?.[ref.back]?.cid;
}

/** When a tag was put on a pin, unix seconds; undefined when it was not. */
export function markTime(pin: Pin, tag: string, project: Project): number | undefined {
  const { tags, previews } = parseTags(pin.keyvalues, project);
  const pullRequest = pullRequestOf(tag);
  return pullRequest === undefined
    ? tags.find((mark) => mark.tag === tag)?.at
    : previews.find((mark) => mark.pullRequest === pullRequest)?.at;
}

/** The CID of a project's tag, or undefined. */
export function currentCid(pins: readonly Pin[], tag: string, project: Project): Cid | undefined {
  return resolveTagRef(pins, { tag, back: 0 }, project);
}

/** Where and when a tag was put. */
export interface Placement {
  readonly project: Project;
  readonly tag: string;
  readonly cid: Cid;
  /** Unix seconds. */
  readonly at: number;
}

/** The other content that a tag points to by now, whether or not a list shows yet that it was put here; undefined for none. */
export function overtakenBy(pins: readonly Pin[], { project, tag, cid, at }: Placement): Cid | undefined {
  const history = historiesOf(revisionsOf(pins, project), project).get(tag) ?? [];
  const since = Math.max(at, ...history.filter((entry) => entry.cid === cid).map((entry) => entry.at));
  const [newest] = history.filter((entry) => entry.cid !== cid);
  const isNewer = newest !== undefined && (newest.at > since || (newest.at === since && newest.cid < cid));
  return isNewer ? newest.cid : undefined;
}
