import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ActionError } from './errors.ts';

/** Pinata's map on a pin: the only state of this project (schema 1, docs/tags.md). */
export type Keyvalues = Readonly<Record<string, string>>;

/** Pairs that Pinata keeps on one pin; one is left free for other tools. */
const MAX_PAIRS = 9;
const MAX_VALUE_LENGTH = 199;
const ADOPTED = 'pd1.adopted';
const PREVIEWS = 'previews';

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
  /** Another project of the account uses this pin too. */
  readonly shared: boolean;
}

/** The project's marker: `pd1.` and the first 8 hex digits of SHA-256 of its name. */
export function projectOf(name: string): Project {
  return { name, key: `pd1.${sha256Hex(name).slice(0, 8)}` };
}

/** Lower-case hex of SHA-256 over the UTF-8 bytes of a text. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** True for what a tag may be called; `previews` is the one name that schema 1 needs itself. */
export function isTagName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,23}$/.test(text) && text !== PREVIEWS;
}

/** The number of a `pr-<n>` tag; undefined for every other tag. */
export function pullRequestOf(tag: string): number | undefined {
  const digits = /^pr-([1-9][0-9]{0,9})$/.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Reads schema 1. Values that do not parse are not tags of ours and are left alone. */
export function parseTags(keyvalues: Keyvalues, project: Project): PinTags {
  const ours = keyvalues[project.key] === project.name;
  const own = Object.entries(keyvalues).filter(([key]) => key.startsWith(`${project.key}.`));
  return {
    ours,
    tags: ours ? own.flatMap(([key, value]) => parseMark(key.slice(project.key.length + 1), value)) : [],
    previews: ours ? parsePreviews(keyvalues[`${project.key}.${PREVIEWS}`] ?? '') : [],
    adopted: keyvalues[ADOPTED] === '1',
    shared: Object.keys(keyvalues).some((key) => isMarker(key) && !key.startsWith(project.key)),
  };
}

function isMarker(key: string): boolean {
  return key.startsWith('pd1.') && key !== ADOPTED;
}

function parseMark(tag: string, value: string): readonly TagMark[] {
  const [, at, commit] = /^([0-9]{1,11}) ([0-9a-f]{7})$/.exec(value) ?? [];
  if (at === undefined || commit === undefined || !isTagName(tag)) return [];
  return [{ tag, at: Number(at), commit }];
}

function parsePreviews(value: string): readonly PreviewMark[] {
  return value
    .split(' ')
    .flatMap((part) => {
      const [, pullRequest, at] = /^([1-9][0-9]{0,9})@([0-9]{1,11})$/.exec(part) ?? [];
      return pullRequest === undefined || at === undefined
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
  for (const mark of tags.tags) pairs[`${project.key}.${mark.tag}`] = `${mark.at} ${mark.commit}`;
  if (tags.previews.length > 0) pairs[`${project.key}.${PREVIEWS}`] = renderPreviews(tags.previews);
  if (tags.adopted) pairs[ADOPTED] = '1';
  return pairs;
}

function renderPreviews(previews: readonly PreviewMark[]): string {
  let text = '';
  for (const { pullRequest, at } of [...previews].sort(newestFirst)) {
    const longer = `${text}${text === '' ? '' : ' '}${pullRequest}@${at}`;
    if (longer.length > MAX_VALUE_LENGTH) break;
    text = longer;
  }
  return text;
}

export interface TagRequest {
  readonly project: Project;
  /** Tags to put on the pin, `pr-<n>` among them. */
  readonly tags: readonly string[];
  readonly at: number;
  readonly commit: string;
  /** The user's own pairs. */
  readonly metadata: Keyvalues;
  readonly origin: PinOrigin;
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
export function planTags(found: Keyvalues, request: TagRequest): Keyvalues {
  const { project } = request;
  const present = { ...wipedPairs(found, request), ...found };
  const owner = present[project.key];
  if (owner !== undefined && owner !== project.name) {
    throw new ActionError(
      'conflict',
      `The pin's key ${project.key} belongs to the project "${owner}", not to "${project.name}".`,
      {
        hint: 'Two projects of this account have names with the same short hash. Give one of them another name in the input project.',
      },
    );
  }
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
  const changes = Object.entries({ ...present, ...request.metadata, ...wanted }).filter(
    ([key, value]) => found[key] !== value,
  );
  refuseOverflow(found, changes);
  return Object.fromEntries(changes);
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
  const before = Object.entries(origin.before).filter(([key]) => key !== project.key);
  return before.some(([key]) => Object.hasOwn(found, key)) ? {} : Object.fromEntries(before);
}

/**
 * True when nobody of ours made this pin. Our upload may have put our marker on it: then its pairs of before tell; where
 * those are unknown, a pin with nothing but the marker counts as foreign, which costs storage at worst and never content.
 */
function isForeign(present: Keyvalues, tags: PinTags, origin: PinOrigin): boolean {
  if (origin.kind === 'plain') return !Object.keys(present).some(isMarker);
  if (origin.before !== undefined) return !Object.keys(origin.before).some(isMarker);
  return tags.tags.length === 0 && tags.previews.length === 0 && !tags.shared;
}

function refuseOverflow(present: Keyvalues, changes: readonly (readonly [string, string])[]): void {
  const after = new Set([...Object.keys(present), ...changes.map(([key]) => key)]);
  const added = changes.some(([key]) => !Object.hasOwn(present, key));
  if (!added || after.size <= MAX_PAIRS) return;
  throw new ActionError(
    'conflict',
    `The pin would need ${after.size} key-value pairs; ${MAX_PAIRS} is the most that pinata-deploy puts on one.`,
    {
      hint: 'Use fewer tags or metadata lines for this content, or remove pairs you no longer need in the Pinata app.',
    },
  );
}
