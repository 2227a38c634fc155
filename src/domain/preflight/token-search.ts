import { createPhraseLook, createWordsLook } from './mnemonic-search.ts';
import type { FoundSecret, Look, Secret } from './secret.ts';
import { afterEscape } from './secret-escapes.ts';
import { createNeedleSearch } from './secret-needles.ts';
import { judgePem, PEM_NEEDLES } from './secret-pem.ts';
import { isPlaceholder, looksDrawn } from './secret-placeholder.ts';
import { createRunSearch } from './secret-runs.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';
import { judgeUrl } from './secret-url.ts';
import { AWS_NEEDLES, judgeAwsId, judgeAwsName } from './token-aws.ts';
import { AZURE_NEEDLE, judgeAzure } from './token-azure.ts';
import { createBytesLook } from './token-bytes.ts';
import { createDataLook, DATA_NEEDLES } from './token-data.ts';
import { isBeforeJwk, judgeJwk } from './token-jwk.ts';
import { judgeJwt } from './token-jwt.ts';
import { judgeBase58, judgeHex } from './token-keys.ts';
import { lintToken } from './token-lint.ts';
import { STARTS_WITHIN, TOKEN_SHAPES, TOKENS_AFTER, type TokenShape } from './token-shapes.ts';

const SMALL = 'abcdefghijklmnopqrstuvwxyz';
const TOKEN_LETTERS = `${SMALL}${SMALL.toUpperCase()}0123456789_-`;
/** An access key id of AWS; every other token has a run as long. */
const SHORTEST_TOKEN = 20;
const LONGEST_TOKEN = 1500;
const LONGEST_JWT = 8192;
/** So much of a run tells whether it may be a token; something else may follow without a gap. */
const SHORTEST_BODY = 24;
const LONGEST_LOOK = 200;

/** Looks that search a text for tokens, keys, phrases and passwords. */
export function createTokenLooks(): readonly Look[] {
  const looks = [createTokenLook(), createPhraseLook(), createWordsLook(), createBytesLook(), urlLook];
  return [...looks, createNamedLook(createDataLook([...looks, createNamedLook()]))];
}

function createTokenLook(): Look {
  const search = createRunSearch(TOKEN_LETTERS, SHORTEST_TOKEN);
  const shapes = byFirst(TOKEN_SHAPES);
  return (stretch, found) =>
    search(stretch, (run, end) => {
      const start = afterEscape(stretch, run);
      const secret = judgeRun(stretch, start, end) ?? judgeShapes(stretch, { start, end }, shapes);
      if (secret !== undefined) found(secret, start);
      else searchWithin(stretch, { start, end }, found);
    });
}

const WITHIN = byFirst(TOKEN_SHAPES, STARTS_WITHIN);
const PAIRS_WITHIN = new Uint8Array(1 << 16);
for (const pair of WITHIN.keys()) PAIRS_WITHIN[pair] = 1;

/** Tokens that a `-` or `_` is before. */
function searchWithin(stretch: Stretch, { start, end }: Run, found: FoundSecret): void {
  const { bytes } = stretch;
  for (let at = start + 1; at + SHORTEST_TOKEN <= end; at += 1) {
    const before = bytes[at - 1];
    if ((before !== 0x2d && before !== 0x5f) || PAIRS_WITHIN[pairAt(bytes, at)] !== 1) continue;
    const secret = judgeShapes(stretch, { start: at, end }, WITHIN);
    if (secret !== undefined) found(secret, at);
  }
}

function pairAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

/** What is told by length and first characters alone. */
function judgeRun(stretch: Stretch, start: number, end: number): Secret | undefined {
  const length = end - start;
  const { bytes } = stretch;
  if (length === 64 || length === 66) return judgeHex(stretch, start, end);
  if (length === 20 && bytes[start] === 0x41 && /^A(KI|SI)A[A-Z2-7]{16}$/.test(textOf(stretch, start, end))) {
    return !countPlace(stretch) || isPlaceholder(textOf(stretch, start, end)) ? undefined : judgeAwsId(stretch, start);
  }
  // eyJ: base64 of an object in JSON.
  if (bytes[start] === 0x65 && bytes[start + 1] === 0x79 && bytes[start + 2] === 0x4a)
    return judgeObject(stretch, start, end);
  if (length >= 42 && isBeforeJwk(stretch, start)) return judgeJwk(stretch, start, end);
  return judgeBase58(stretch, start, end);
}

function judgeObject(stretch: Stretch, start: number, end: number): Secret | undefined {
  const { bytes } = stretch;
  const before = textOf(stretch, start - 4, start);
  if (/(?<!\w)sk\.$/.test(before)) return judgeMapbox(textOf(stretch, start, start + LONGEST_TOKEN));
  // The second part of one that was seen, or an object that is no first part.
  if (bytes[start - 1] === 0x2e || bytes[end] !== 0x2e || !countPlace(stretch)) return undefined;
  return judgeJwt(textOf(stretch, start, start + LONGEST_JWT));
}

function judgeMapbox(text: string): Secret | undefined {
  const value = /^eyJ[\w-]{20,200}\.[\w-]{20,24}(?![\w-])/.exec(text)?.[0];
  return value === undefined || isPlaceholder(value)
    ? undefined
    : { kind: 'mapbox-secret-token', what: 'A secret token of Mapbox', value: `sk.${value}` };
}

type Beginning = readonly [opening: string, shape: TokenShape];

/** By the first two bytes, since most runs are words of a program. */
function byFirst(shapes: readonly TokenShape[], only?: ReadonlySet<string>): ReadonlyMap<number, readonly Beginning[]> {
  const starts = shapes.flatMap((shape) => shape.starts.map((start) => [start, shape] as const));
  const pairs = only === undefined ? starts : starts.filter(([start]) => only.has(start));
  return Map.groupBy(pairs, ([start]) => start.charCodeAt(0) * 256 + start.charCodeAt(1));
}

/** Where a run of the characters of tokens is. */
interface Run {
  readonly start: number;
  readonly end: number;
}

function judgeShapes(stretch: Stretch, run: Run, shapes: ReturnType<typeof byFirst>): Secret | undefined {
  const { start } = run;
  for (const beginning of shapes.get(pairAt(stretch.bytes, start)) ?? []) {
    const [opening, shape] = beginning;
    if (!mayBeToken(stretch, run, beginning) || !countPlace(stretch)) continue;
    const secret = judgeShape(shape, textOf(stretch, start, start + LONGEST_TOKEN), opening);
    if (secret !== undefined) return secret;
  }
  return mayFollow(stretch, start) ? judgeAfter(stretch, start) : undefined;
}

/** False for names of classes and the like, of which a file may have thousands: they are no places to look at. */
function mayBeToken(stretch: Stretch, { start, end }: Run, [opening, { isCertain }]: Beginning): boolean {
  if (textOf(stretch, start, start + opening.length) !== opening) return false;
  if (isCertain) return true;
  const body = textOf(stretch, start + opening.length, Math.min(end, start + LONGEST_LOOK));
  return looksDrawn(body.slice(0, SHORTEST_BODY)) || looksDrawn(body);
}

/** Whether what is before a run may be before a token of `TOKENS_AFTER`: `G.`, `s.`, `7:`, `B01234/`, `pat…14….`. */
function mayFollow({ bytes }: Stretch, start: number): boolean {
  const last = bytes[start - 1];
  const before = bytes[start - 2] ?? 0;
  if (last === 0x3a) return isDigit(before);
  if (last === 0x2f) return bytes.subarray(Math.max(0, start - 7), start - 1).every(isCapitalOrDigit);
  if (last === 0x2e && bytes[start - 18] === 0x70 && bytes[start - 17] === 0x61) return true;
  return last === 0x2e && (before === 0x47 || before === 0x62 || before === 0x72 || before === 0x73);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isCapitalOrDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x5a);
}

/** Tokens that are known by what stands before a `.`, `:` or `/`. */
function judgeAfter(stretch: Stretch, start: number): Secret | undefined {
  const before = textOf(stretch, start - 80, start);
  const shape = TOKENS_AFTER.find((one) => one.before?.test(before));
  return shape === undefined || !countPlace(stretch)
    ? undefined
    : judgeShape(shape, textOf(stretch, start, start + LONGEST_TOKEN), '');
}

function judgeShape(shape: TokenShape, text: string, opening: string): Secret | undefined {
  const { kind, what, level, pattern, lint, isCertain } = shape;
  const value = matched(text, pattern) ?? linted(text, lint);
  if (value === undefined) return undefined;
  const body = value.slice(opening.length);
  if (!isCertain && (isPlaceholder(body) || !looksDrawn(body))) return undefined;
  return { kind, what, value, level };
}

function matched(text: string, pattern: RegExp | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  pattern.lastIndex = 0;
  return pattern.exec(text)?.[0];
}

/** Only what begins where the run does: others have their own. */
function linted(text: string, rule: TokenShape['lint']): string | undefined {
  return rule === undefined ? undefined : lintToken(rule, text).find((value) => text.startsWith(value));
}

/** What is known by words that are long enough to look for. */
function createNamedLook(data?: ReturnType<typeof createDataLook>): Look {
  const encoder = new TextEncoder();
  const judges = [
    ...PEM_NEEDLES.map((needle) => [needle, judgePem] as const),
    ...AWS_NEEDLES.map((needle) => [needle, judgeAwsName] as const),
    [AZURE_NEEDLE, judgeAzure] as const,
  ];
  const needles = [...judges.map(([needle]) => needle), ...(data === undefined ? [] : DATA_NEEDLES)];
  const search = createNeedleSearch(needles.map((needle) => encoder.encode(needle)));
  return (stretch, found) => {
    data?.begin(stretch, found);
    search(stretch, {
      found: (needle, at) => {
        const secret = judges[needle]?.[1](stretch, at);
        if (secret !== undefined) found(secret, at);
        if (needle >= judges.length) data?.take(stretch, at, found);
      },
    });
  };
}

function urlLook(stretch: Stretch, found: Parameters<Look>[1]): void {
  const bytes = stretch.bytes.subarray(0, stretch.to);
  for (let at = bytes.indexOf(0x40, stretch.from); at !== -1; at = bytes.indexOf(0x40, at + 1)) {
    const secret = judgeUrl(stretch, at);
    if (secret !== undefined) found(secret, at);
  }
}
