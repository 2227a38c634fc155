import { type Cid, parseCid } from './cid.ts';
import type { DiffBaseInput } from './diff-base.ts';
import { parseDuration } from './duration.ts';
import { globProblem } from './glob.ts';
import { parseStripHash } from './hashed-name.ts';
import { type PreflightPolicy, parsePreflight, RULE_NAMES } from './preflight/policy.ts';
import type { PromotionSource } from './promotion.ts';
import { parseTagRef } from './revision.ts';
import { unknownPlaceholders } from './run.ts';
import { parseSizeBudget, type SizeBudget } from './size-budget.ts';
import { isTagName, type Keyvalues, pullRequestOf } from './tag.ts';

const accepts = Symbol('accepts');

/** Why a value was refused: what the input accepts, in words that follow "must be". */
export interface Refusal {
  readonly [accepts]: string;
}

export function refuse(what: string): Refusal {
  return { [accepts]: what };
}

/** What the input accepts, when a parsed value is a refusal; undefined for a value. */
export function refusedFor(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && accepts in value ? String(value[accepts]) : undefined;
}

/** Reads an input's text, '' when it was not given. */
export type Parser<T> = (raw: string) => T | Refusal;

export const text: Parser<string> = (raw) => raw;
export const optional: Parser<string | undefined> = (raw) => (raw === '' ? undefined : raw);

export function word<const W extends readonly string[]>(...words: W): Parser<W[number]> {
  const accepts = words.map((name) => `"${name}"`).join(', ');
  return (raw) => words.find((name) => name === raw) ?? refuse(`one of ${accepts}`);
}

export const flag: Parser<boolean> = (raw) =>
  raw === 'true' || raw === 'false' ? raw === 'true' : refuse('true or false');

export function whole(min: number, max: number): Parser<number> {
  return (raw) => {
    const value = /^[0-9]{1,9}$/.test(raw) ? Number(raw) : Number.NaN;
    return value >= min && value <= max ? value : refuse(`a whole number from ${min} to ${max}`);
  };
}

/** Timers count milliseconds in 31 bits. */
const MAX_DURATION_MS = 24 * 86_400_000;

export const duration: Parser<number> = (raw) => {
  const value = parseDuration(raw);
  return value === undefined || value < 1000 || value > MAX_DURATION_MS
    ? refuse('a duration from 1s to 24d, such as 90s, 30m, 24h or 7d')
    : value;
};

const LONGEST_LINK_MS = 30 * 86_400_000;

/** How long a link works; undefined for none. */
export const linkExpiry: Parser<number | undefined> = (raw) => {
  if (raw === 'never') return undefined;
  const ms = parseDuration(raw);
  return ms !== undefined && ms >= 60_000 && ms <= LONGEST_LINK_MS
    ? ms
    : refuse('"never" or a time from 60s to 30d, such as 1h');
};

const MAX_AGE_MS = 3650 * 86_400_000;

/** How old content may get: no timer waits for it, so it may be years. */
export const age: Parser<number> = (raw) => {
  const value = parseDuration(raw);
  return value === undefined || value > MAX_AGE_MS ? refuse('a time from 0s to 3650d, such as 12h or 7d') : value;
};

/** Undefined for `never`. */
export const expiry: Parser<number | undefined> = (raw) => {
  const value = raw === 'never' ? undefined : parseDuration(raw);
  return raw !== 'never' && (value === undefined || value < 3_600_000 || value > MAX_AGE_MS)
    ? refuse('"never" or a time from 1h to 3650d, such as 30d')
    : value;
};

export function splitLines(raw: string): readonly string[] {
  return raw
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export const globs: Parser<readonly string[]> = (raw) => {
  const lines = splitLines(raw);
  const problems = lines.flatMap((line) => {
    const problem = globProblem(line);
    return problem === undefined ? [] : [`"${line}" ${problem}`];
  });
  return problems.length > 0 ? refuse(`globs relative to path, one a line (${problems.join('; ')})`) : lines;
};

export const cid: Parser<Cid | undefined> = (raw) =>
  raw === '' ? undefined : (parseCid(raw) ?? refuse('a CID such as bafybei… or Qm…'));

export const diffBase: Parser<DiffBaseInput> = (raw) => {
  if (raw === 'auto' || raw === 'none') return { kind: raw };
  const ref = raw.startsWith('tag:') ? parseTagRef(raw.slice('tag:'.length)) : undefined;
  if (ref !== undefined) return { kind: 'tag', ref };
  const found = parseCid(raw);
  return found === undefined
    ? refuse('"auto", "none", a tag such as tag:production or tag:production~1, or a CID')
    : { kind: 'cid', cid: found };
};

/** A list where each line is parsed by itself. */
export function linesOf<T>(parse: (line: string) => T | undefined, what: string): Parser<readonly T[]> {
  return (raw) => {
    const lines = splitLines(raw);
    const parsed = lines.map(parse);
    const wrong = lines.filter((_line, index) => parsed[index] === undefined);
    const known = parsed.filter((value) => value !== undefined);
    return wrong.length === 0 ? known : refuse(`${what} (${wrong.map((line) => `"${line}"`).join(', ')} is not)`);
  };
}

export const sizeBudget: Parser<readonly SizeBudget[]> = linesOf(
  parseSizeBudget,
  'lines such as total=5MB, total=+5% or **/*.js=+50kB',
);

export const preflight: Parser<PreflightPolicy> = (raw) =>
  parsePreflight(splitLines(raw)) ??
  refuse(
    `"off", "warn" or "error", and lines such as secrets=error for one of the rules ${RULE_NAMES.join(', ')}, each at most once`,
  );

export const stripHash: Parser<readonly RegExp[]> = linesOf(
  parseStripHash,
  'regular expressions that match the hash in a file name, one a line, such as \\.[0-9a-f]{6}\\.',
);

export const promotionSource: Parser<PromotionSource | undefined> = (raw) => {
  if (raw === '') return undefined;
  const ref = parseTagRef(raw.replace(/^tag:/, ''));
  if (ref !== undefined) return { kind: 'tag', ref };
  const found = parseCid(raw);
  return found === undefined
    ? refuse('a tag such as pr-12, a version such as production~1, or a CID')
    : { kind: 'cid', cid: found };
};

export const lastingTag: Parser<string> = (raw) =>
  isTagName(raw) && pullRequestOf(raw) === undefined
    ? raw
    : refuse('one tag that is no preview: lower-case letters, digits and . _ -, at most 24 characters');

export const project: Parser<string> = (raw) =>
  /^[A-Za-z0-9][A-Za-z0-9._/#-]{0,139}$/.test(raw)
    ? raw
    : refuse('a name of letters, digits and . _ / # -, at most 140 characters, such as acme/app#web');

export const tags: Parser<readonly string[]> = (raw) => {
  const lines = [...new Set(splitLines(raw))];
  return lines.every(isTagName)
    ? lines
    : refuse(
        'tag names, one a line: lower-case letters, digits and . _ -, at most 24 characters, not "previews", "released", "unpinning", "merged", "moved" or "pr-0"',
      );
};

export const tagGlobs: Parser<readonly string[]> = (raw) => {
  const lines = splitLines(raw);
  return lines.every((line) => /^[a-z0-9._*?-]{1,40}$/.test(line))
    ? lines
    : refuse('globs of tag names, one a line: lower-case letters, digits and . _ - with * and ?, such as v*');
};

export const cids: Parser<ReadonlySet<Cid>> = (raw) => {
  const found = splitLines(raw).map(parseCid);
  const known = found.filter((entry) => entry !== undefined);
  return known.length === found.length ? new Set(known) : refuse('CIDs, one a line, such as bafybei… or Qm…');
};

export const name: Parser<string> = (raw) =>
  /^[\x20-\x7e]{1,120}$/.test(raw) && unknownPlaceholders(raw).length === 0
    ? raw
    : refuse('printable ASCII, at most 120 characters, with no placeholders but {project}, {sha}, {sha7} and {tag}');

export const metadata: Parser<Keyvalues> = (raw) => {
  const pairs = splitLines(raw).map((line) => /^([a-z0-9_.-]{1,40})=([\x20-\x7e]{1,199})$/.exec(line));
  const entries = pairs.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const],
  );
  const fits =
    entries.length === pairs.length &&
    entries.length <= 2 &&
    entries.every(([key]) => !key.startsWith('pd1.') && key !== '__proto__');
  return fits
    ? Object.fromEntries(entries)
    : refuse(
        'at most 2 lines key=value; keys of a-z 0-9 _ . - that do not start with "pd1.", values of printable ASCII under 200 characters',
      );
};

const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
export const jwt: Parser<string> = (raw) =>
  raw === '' || JWT_SHAPE.test(raw)
    ? raw
    : refuse('a Pinata JWT: three parts with dots between them (not an API key or secret)');

export const headerValue: Parser<string | undefined> = (raw) =>
  /^[\x21-\x7e]*$/.test(raw) ? optional(raw) : refuse('one line of printable ASCII');
