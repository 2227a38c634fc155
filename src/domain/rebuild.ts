import type { RebuiltFile } from './comparison.ts';
import type { Diff } from './diff.ts';
import { stripHash } from './hashed-name.ts';
import { isSuspicious, type Sign, signOf, surest, tokensOf } from './rebuild-signs.ts';

/** The text of a file that differs, and of the file in its place before; undefined when that could not be read. */
export interface RebuiltText {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

const NAMES_OTHERS = 'names other changed files';
/** Characters of a text that are looked at. */
const LONGEST_TEXT = 256 * 1024;
const LONGEST_EVIDENCE = 60;

/**
 * Why files differ though their sources do not: for each what most likely makes it so, with the evidence. In the given
 * order, but last those that differ only because they name others by their hashes.
 */
export function explainRebuild(files: readonly RebuiltText[], diff: Diff): readonly RebuiltFile[] {
  const names = changedNames(diff);
  const explained = files.map(({ path, before, after }) => {
    const cause = before === undefined ? causeIn(after, names) : causeBetween({ before, after }, names);
    return { path, cause };
  });
  const follows = ({ cause }: RebuiltFile): boolean => cause.endsWith(NAMES_OTHERS);
  return [...explained.filter((file) => !follows(file)), ...explained.filter(follows)];
}

/** Each file name that is on one side only, and the hash in it, which a bundler may keep in a table without the name. */
function changedNames(diff: Diff): ReadonlySet<string> {
  const names = new Set<string>();
  for (const change of diff.changes) {
    if (change.kind === 'changed') continue;
    for (const path of change.kind === 'moved' ? [change.from, change.path] : [change.path]) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const stripped = stripHash(name, []);
      const star = stripped.indexOf('*');
      names.add(name);
      if (star !== -1) names.add(name.slice(star, name.length - (stripped.length - star - 1)));
    }
  }
  return names;
}

interface Texts {
  readonly before: string;
  readonly after: string;
}

function causeBetween(whole: Texts, names: ReadonlySet<string>): string {
  const texts = { before: whole.before.slice(0, LONGEST_TEXT), after: whole.after.slice(0, LONGEST_TEXT) };
  if (texts.before === texts.after) {
    return whole.before === whole.after ? 'no difference in its text' : 'differs only after its first 256 KiB';
  }
  if (withUnixLines(texts.before) === withUnixLines(texts.after)) return lineEndings(texts);
  const before = tokensOf(texts.before);
  const after = tokensOf(texts.after);
  const gone = without(before, after);
  const come = without(after, before);
  if (gone.length + come.length === 0) return sameTokens({ before, after });
  const isName = (token: string): boolean => isChangedName(token, names);
  const differing = { gone: gone.filter((token) => !isName(token)), come: come.filter((token) => !isName(token)) };
  return differing.gone.length + differing.come.length === 0 ? NAMES_OTHERS : causeOf(differing);
}

interface Differing {
  /** Tokens of the text before that the text after has not, or not as often. */
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

function causeOf({ gone, come }: Differing): string {
  const was = gone.map((token) => ({ token, sign: signOf(token) }));
  const now = come.map((token) => ({ token, sign: signOf(token) }));
  const signs = new Set<Sign>();
  for (const { sign } of [...was, ...now]) if (sign !== undefined) signs.add(sign);
  const sign = surest(signs);
  return phrase(sign ?? 'other content', {
    now: now.find((one) => sign === undefined || one.sign === sign)?.token,
    was: was.find((one) => sign === undefined || one.sign === sign)?.token,
  });
}

/** Without the text before: what differs in every build wherever it stands. */
function causeIn(whole: string, names: ReadonlySet<string>): string {
  const tokens = tokensOf(whole.slice(0, LONGEST_TEXT));
  const suspects = tokens.filter((token) => isSuspicious(token) && !isChangedName(token, names));
  const signs = new Set(suspects.map(signOf).filter((sign) => sign !== undefined));
  const sign = surest(signs);
  if (sign !== undefined) {
    const now = suspects.find((token) => signOf(token) === sign);
    return `probably ${/^[aeiou]/.test(sign) ? 'an' : 'a'} ${phrase(sign, { now })}`;
  }
  return tokens.some((token) => isChangedName(token, names))
    ? `probably ${NAMES_OTHERS}`
    : 'unknown: the file before could not be read';
}

/** A name, that of its source map, the hash out of one, or what checks the content behind it. */
function isChangedName(token: string, names: ReadonlySet<string>): boolean {
  if (names.has(token) || /^sha(256|384|512)-/.test(token)) return true;
  return names.has(token.replace(/\.map$/, '')) || token.split('.').some((part) => names.has(part));
}

function lineEndings({ before, after }: Texts): string {
  const name = (text: string): string => (text.includes('\r') ? 'CRLF' : 'LF');
  return phrase('line endings', { now: name(after), was: name(before) });
}

function withUnixLines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

function sameTokens({ before, after }: { before: readonly string[]; after: readonly string[] }): string {
  const at = after.findIndex((token, index) => token !== before[index]);
  return at === -1
    ? 'white space or punctuation'
    : phrase('order, with the same words in other places', { now: after[at], was: before[at] });
}

/** The tokens of `some` that are not in `others` as often. */
function without(some: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const token of others) counts.set(token, (counts.get(token) ?? 0) + 1);
  return some.filter((token) => {
    const count = counts.get(token) ?? 0;
    if (count > 0) counts.set(token, count - 1);
    return count === 0;
  });
}

function phrase(cause: string, { now, was }: { now?: string | undefined; was?: string | undefined }): string {
  if (now !== undefined) return `${cause}: ${quote(now)}${was === undefined ? '' : ` was ${quote(was)}`}`;
  return was === undefined ? cause : `${cause}: ${quote(was)} is gone`;
}

function quote(evidence: string): string {
  const characters = Array.from(evidence.slice(0, 2 * LONGEST_EVIDENCE));
  return characters.length > LONGEST_EVIDENCE
    ? `"${characters.slice(0, LONGEST_EVIDENCE - 1).join('')}…"`
    : `"${evidence}"`;
}
