import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Pinata's map on a pin: the only state of this project (schema 1, docs/tags.md). */
export type Keyvalues = Readonly<Record<string, string>>;

/** What an update does to keyvalues: they are merged in, `null` takes one away. */
export type KeyvalueChanges = Readonly<Record<string, string | null>>;

const MAX_VALUE_LENGTH = 199;
export const ADOPTED = 'pd1.adopted';
const PREVIEWS = 'previews';
const RELEASED = 'released';
const UNPINNING = 'unpinning';
const MERGED = 'merged';
const MOVED = 'moved';
/** What is noted in passing: nothing needs the content because of it. */
const NOTES: readonly string[] = [RELEASED, UNPINNING, MERGED, MOVED];
const RESERVED: readonly string[] = [PREVIEWS, ...NOTES];
/** Preview 0 stands for pull requests that are not known. */
export const UNKNOWN_PREVIEW = 'pr-0';

/** Whose pins these are. `key` is `pd1.<p8>`: the marker and the prefix of every key that the project writes. */
export interface Project {
  readonly name: string;
  readonly key: string;
}

/** A tag that was put on a pin's content at a moment. `commit` has 7 hex digits, all zero when unknown. */
export interface TagMark {
  readonly tag: string;
  readonly at: number;
  readonly commit: string;
}

/** A pull request whose preview is a pin's content since `at` (unix seconds). */
export interface PreviewMark {
  /** 0 stands for those that did not fit: somebody's preview, it is not known whose. */
  readonly pullRequest: number;
  readonly at: number;
}

/** What a pin's keyvalues say about one project. */
export interface PinTags {
  /** False for a foreign pin: no marker of this project, or another project's name under the same key. */
  readonly ours: boolean;
  readonly tags: readonly TagMark[];
  readonly previews: readonly PreviewMark[];
  /** The pin was there before any project used it: never unpinned by us. */
  readonly adopted: boolean;
  /** Another project of the account needs this pin. */
  readonly shared: boolean;
  /** Names under the project's key whose values this version cannot read. */
  readonly unread: readonly string[];
  /** Unix seconds since when no tag of the project is on the pin; undefined when nobody said so. */
  readonly released: number | undefined;
  /** Unix seconds when a run announced that it is about to unpin; undefined when none did. */
  readonly unpinning: number | undefined;
  /** Merged pull requests whose preview it was, newest first: their marks are gone, and they can still be promoted. */
  readonly merged: readonly PreviewMark[];
  /** The last relative move (`production~1`) of a tag to this content; undefined for none. */
  readonly moved: Move | undefined;
}

/** Which workflow run put a tag here by counting back: repeated, it must not count again. */
export interface Move {
  readonly tag: string;
  /** GitHub's id of the workflow run, the same for all its attempts. */
  readonly run: string;
}

/** The project's marker: `pd1.` and the first 8 hex digits of SHA-256 of its name. */
export function projectOf(name: string): Project {
  return { name, key: `pd1.${sha256Hex(name).slice(0, 8)}` };
}

/** Lower-case hex of SHA-256 over the UTF-8 bytes of a text. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** True for what a tag may be called; schema 1 needs a few names itself. */
export function isTagName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,23}$/.test(text) && !RESERVED.includes(text) && text !== UNKNOWN_PREVIEW;
}

/** The number of a `pr-<n>` tag; undefined for every other tag. */
export function pullRequestOf(tag: string): number | undefined {
  const digits = /^pr-([1-9][0-9]{0,9})$/.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Reads schema 1. Values that do not parse are not tags of ours and are left alone. */
export function parseTags(keyvalues: Keyvalues, project: Project): PinTags {
  const ours = keyvalues[project.key] === project.name;
  const own: Keyvalues = ours ? ownValues(keyvalues, project) : {};
  const named = Object.entries(own).filter(([name]) => !RESERVED.includes(name));
  return {
    ours,
    tags: named.flatMap(([tag, value]) => parseMark(tag, value)),
    previews: parsePreviews(own[PREVIEWS] ?? ''),
    adopted: keyvalues[ADOPTED] === '1',
    shared: otherProjects(keyvalues, ours ? project.key : undefined).some((key) => isNeeded(keyvalues, key)),
    unread: Object.entries(own)
      .filter(([name, value]) => !isReadable(name, value))
      .map(([name]) => name),
    released: parseTime(own[RELEASED]),
    unpinning: parseTime(own[UNPINNING]),
    merged: parsePreviews(own[MERGED] ?? '').filter(({ pullRequest }) => pullRequest !== 0),
    moved: parseMove(own[MOVED]),
  };
}

function parseMove(value: string | undefined): Move | undefined {
  const [, tag, run] = /^([^@]+)@([0-9]{1,20})$/.exec(value ?? '') ?? [];
  return tag === undefined || run === undefined || !isTagName(tag) ? undefined : { tag, run };
}

/** The values under a project's key by the rest of their names. */
function ownValues(keyvalues: Keyvalues, { key }: Pick<Project, 'key'>): Keyvalues {
  return Object.fromEntries(
    Object.entries(keyvalues)
      .filter(([name]) => name.startsWith(`${key}.`))
      .map(([name, value]) => [name.slice(key.length + 1), value]),
  );
}

/** True for a key that a project of ours wrote, in this schema or a later one. */
export function isMarker(key: string): boolean {
  return key.startsWith('pd1.') && key !== ADOPTED;
}

/** True when a project of ours uses the pin: a single key of one may be left on a pin that is nobody's any more. */
export function isUsed(keyvalues: Keyvalues): boolean {
  return Object.keys(keyvalues).some((key) => /^pd1\.[0-9a-f]{8}$/.test(key));
}

/** The markers, `pd1.<p8>`, of all projects on a pin but one; a key that is not understood counts as a project too. */
function otherProjects(keyvalues: Keyvalues, own: string | undefined): readonly string[] {
  const markers = Object.keys(keyvalues)
    .filter(isMarker)
    .map((key) => /^pd1\.[0-9a-f]{8}(?=\.|$)/.exec(key)?.[0] ?? key);
  return [...new Set(markers)].filter((marker) => marker !== own);
}

/** A project needs a pin until it says that it released it; a marker alone may be an upload that is not tagged yet. */
function isNeeded(keyvalues: Keyvalues, key: string): boolean {
  const values = ownValues(keyvalues, { key });
  const names = Object.keys(values);
  const isTag = (name: string): boolean => !NOTES.includes(name) || !isReadable(name, values[name] ?? '');
  return parseTime(values[RELEASED]) === undefined || names.some(isTag);
}

/** False for what a later version may have written. */
function isReadable(name: string, value: string): boolean {
  if (name === MOVED) return parseMove(value) !== undefined;
  if (name === PREVIEWS || name === MERGED)
    return parsePreviews(value).length === value.split(' ').filter((part) => part !== '').length;
  return RESERVED.includes(name) ? parseTime(value) !== undefined : parseMark(name, value).length > 0;
}

function parseTime(value: string | undefined): number | undefined {
  return value !== undefined && /^[0-9]{1,10}$/.test(value) ? Number(value) : undefined;
}

function parseMark(tag: string, value: string): readonly TagMark[] {
  const [, at, commit] = /^([0-9]{1,10}) ([0-9a-f]{7})$/.exec(value) ?? [];
  if (at === undefined || commit === undefined || !isTagName(tag) || !isPlausible(at)) return [];
  return [{ tag, at: Number(at), commit }];
}

/** Before 2100: a mark is put later than all that are there, and there must be room for that. */
function isPlausible(at: string): boolean {
  return Number(at) < 4_102_444_800;
}

function parsePreviews(value: string): readonly PreviewMark[] {
  return value
    .split(' ')
    .flatMap((part) => {
      const [, pullRequest, at] = /^(0|[1-9][0-9]{0,9})@([0-9]{1,10})$/.exec(part) ?? [];
      return pullRequest === undefined || at === undefined || !isPlausible(at)
        ? []
        : [{ pullRequest: Number(pullRequest), at: Number(at) }];
    })
    .sort(newestFirst);
}

function newestFirst(a: PreviewMark, b: PreviewMark): number {
  return b.at - a.at || b.pullRequest - a.pullRequest;
}

/** Writes schema 1: the identity with `parseTags` for one project, previews cut to what fits (newest stay). */
export function renderTags(tags: Pick<PinTags, 'tags' | 'previews' | 'adopted'>, project: Project): Keyvalues {
  const pairs: Record<string, string> = { [project.key]: project.name };
  for (const mark of tags.tags) pairs[tagKey(project, mark.tag)] = `${mark.at} ${mark.commit}`;
  if (tags.previews.length > 0) pairs[tagKey(project, PREVIEWS)] = renderPreviews(tags.previews);
  if (tags.adopted) pairs[ADOPTED] = '1';
  return pairs;
}

function renderPreviews(previews: readonly PreviewMark[]): string {
  const known = previews.filter(({ pullRequest }) => pullRequest !== 0).sort(newestFirst);
  const cutBefore = previews.filter(({ pullRequest }) => pullRequest === 0);
  for (let kept = known.length; ; kept -= 1) {
    // They fell out when the newest one came: from then on it is not known any more who needs the content.
    const cut = [...cutBefore, ...(kept < known.length ? known.slice(0, 1) : [])].map(({ at }) => at);
    const unknown = cut.length === 0 ? [] : [{ pullRequest: 0, at: Math.max(...cut) }];
    const text = [...known.slice(0, kept), ...unknown].map(({ pullRequest, at }) => `${pullRequest}@${at}`).join(' ');
    if (text.length <= MAX_VALUE_LENGTH) return text;
  }
}

/** The key of one of the project's tags. */
function tagKey(project: Project, tag: string): string {
  return `${project.key}.${tag}`;
}

/** What takes every key of the project off a pin; nobody's key is left on one that it had adopted alone. */
export function renderForgotten(keyvalues: Keyvalues, { key }: Project): KeyvalueChanges {
  const own = Object.keys(keyvalues).filter((name) => name === key || name.startsWith(`${key}.`));
  const others = Object.keys(keyvalues).filter((name) => isMarker(name) && !own.includes(name));
  const adopted = others.length === 0 && Object.hasOwn(keyvalues, ADOPTED) ? [ADOPTED] : [];
  return Object.fromEntries([...own, ...adopted].map((name) => [name, null]));
}

/** The announcement that a run is about to unpin; `undefined` takes it back. */
export function renderUnpinning(project: Project, at: number | undefined): KeyvalueChanges {
  return { [tagKey(project, UNPINNING)]: at === undefined ? null : String(at) };
}

/** Notes whose previews a pin was, until they were merged; those that do not fit any more are the oldest. */
export function renderMerged(project: Project, marks: readonly PreviewMark[]): KeyvalueChanges {
  const kept = [...marks].sort(newestFirst);
  const text = (): string => kept.map(({ pullRequest, at }) => `${pullRequest}@${at}`).join(' ');
  while (text().length > MAX_VALUE_LENGTH) kept.pop();
  return { [tagKey(project, MERGED)]: kept.length === 0 ? null : text() };
}

/** Notes who moved a tag here by counting back; `undefined` takes that off. */
export function renderMoved(project: Project, move: Move | undefined): KeyvalueChanges {
  return { [tagKey(project, MOVED)]: move === undefined ? null : `${move.tag}@${move.run}` };
}

/** Since when no tag of the project is on the pin; `undefined` takes that back. */
export function renderReleased(project: Project, at: number | undefined): KeyvalueChanges {
  return { [tagKey(project, RELEASED)]: at === undefined ? null : String(at) };
}

/**
 * What takes tags, `pr-<n>` among them, off a pin with these keyvalues.
 * @param tags each with the newest time (unix seconds) that a mark may have to be taken off.
 */
export function renderUntagged(
  tags: ReadonlyMap<string, number>,
  keyvalues: Keyvalues,
  project: Project,
): KeyvalueChanges {
  const present = parseTags(keyvalues, project);
  const goes = (tag: string, at: number): boolean => at <= (tags.get(tag) ?? -1);
  const kept = present.previews.filter(({ pullRequest, at }) => !goes(`pr-${pullRequest}`, at));
  const changes: Record<string, string | null> = {};
  for (const { tag, at } of present.tags) if (goes(tag, at)) changes[tagKey(project, tag)] = null;
  if (kept.length < present.previews.length) {
    changes[tagKey(project, PREVIEWS)] = kept.length === 0 ? null : renderPreviews(kept);
  }
  return changes;
}

/**
 * True for what any project noted of past tags: it is the first to give way. A tag could be called so before there were notes,
 * and its value is of another form.
 */
export function isNote(key: string, value: string): boolean {
  const name = /^pd1\.[0-9a-f]{8}\.(merged|moved)$/.exec(key)?.[1];
  return name !== undefined && isReadable(name, value);
}

/** True when a tag that is no preview is on the pin, of whatever project: it must not expire. */
export function isLasting(keyvalues: Keyvalues): boolean {
  return Object.entries(keyvalues).some(([key, value]) => {
    const name = /^pd1\.[0-9a-f]{8}\.(.+)$/.exec(key)?.[1];
    if (!isMarker(key) || name === undefined) return false;
    return !RESERVED.includes(name) || ([MERGED, MOVED].includes(name) && !isReadable(name, value));
  });
}

/** True when the pin is, or was until it was released, a preview: it may carry an expiry. */
export function wasPreview(keyvalues: Keyvalues): boolean {
  return Object.keys(keyvalues).some((key) => /^pd1\.[0-9a-f]{8}\.(previews|released)$/.test(key));
}
