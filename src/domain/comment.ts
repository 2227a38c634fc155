import { type Cid, parseCid } from './cid.ts';
import type { Project } from './tag.ts';

/** One comment for each project and pull request. */
export interface CommentKey {
  readonly project: Project;
  readonly pullRequest: number;
}

/** A comment on the pull request that our token wrote. */
export interface OwnComment {
  readonly id: number;
  readonly url: string;
  readonly body: string;
}

/** The preview that worked last, as the comment remembers it for the day when a deploy fails. */
export interface LastGood {
  readonly cid: Cid;
  /** A link that was opened. */
  readonly url: string;
  /** 7 hex digits; '' when unknown. */
  readonly commit: string;
}

/** The first line of a comment: which one it is. Nothing that was built is in it. */
export function renderMarker({ project, pullRequest }: CommentKey): string {
  return `<!-- pinata-deploy:v1 project=${project.key.replace(/^pd1\./, '')} pr=${pullRequest} -->`;
}

/** The second line, where a preview worked: `parseLastGood` reads it back. */
export function renderLastGood({ cid, url, commit }: LastGood): string {
  return `<!-- pinata-deploy:last cid=${cid} commit=${commit} url=${encodeURIComponent(url)} -->`;
}

/** Undefined where the second line is none, or cannot be read: what follows it came from files. */
export function parseLastGood(body: string): LastGood | undefined {
  const [, second = ''] = body.split(/\r?\n/, 2);
  const [, text = '', commit = '', encoded = ''] =
    /^<!-- pinata-deploy:last cid=([a-zA-Z0-9]+) commit=([0-9a-f]{0,7}) url=([^\s<>]+) -->$/.exec(second) ?? [];
  const cid = parseCid(text);
  const url = decode(encoded);
  return cid === undefined || url === undefined || !/^https?:\/\//.test(url) ? undefined : { cid, url, commit };
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Our comments with the marker on their first line, the oldest first. */
export function findOwn(comments: readonly OwnComment[], key: CommentKey): readonly OwnComment[] {
  const marker = renderMarker(key);
  // GitHub may hand out line ends in either form.
  return comments.filter(({ body }) => body.split(/\r?\n/, 1)[0] === marker).sort((a, b) => a.id - b.id);
}

/** What is to be done so that one comment says `body`. */
export interface CommentPlan {
  readonly write:
    | { readonly kind: 'create' }
    | { readonly kind: 'update'; readonly comment: OwnComment }
    | { readonly kind: 'keep'; readonly comment: OwnComment };
  /** Of two runs that created one at once, the younger comments. */
  readonly superfluous: readonly OwnComment[];
}

/** The oldest stays. What it says already is not written again: an edit would tell people something happened. */
export function planComment(own: readonly OwnComment[], body: string): CommentPlan {
  const [first, ...superfluous] = own;
  if (first === undefined) return { write: { kind: 'create' }, superfluous };
  const isSame = normalized(first.body) === normalized(body);
  return { write: { kind: isSame ? 'keep' : 'update', comment: first }, superfluous };
}

/** A run that says the same a minute later says nothing new. */
const TIME = /\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC/g;

function normalized(body: string): string {
  return body.replaceAll('\r\n', '\n').replace(TIME, '').trimEnd();
}
