import { isTokenString, isTokenURL, tokenizer } from '@csstools/css-tokenizer';
import { LONGEST_URL, type See, useOfStyleUrl } from './reference.ts';
import type { Scan, TextWindow } from './reference-window.ts';

/** What a window of a style sheet ended in, when it was too long to wait for. */
type Rest = 'none' | 'comment' | '"' | "'" | 'url';

/** Finds `url()` and `@import` outside of comments and strings, and tokenizes only them. */
export function createCssScan(see: See): Scan {
  let rest: Rest = 'none';
  return (window) => {
    const { text, isLast, isFull } = window;
    const start = endOfRest(text, window.from, rest);
    if (start === -1) return isLast ? text.length : Math.max(window.from, text.length - 1);
    rest = 'none';
    const { at, open } = readMarks(window, start, see);
    if (isFull && !isLast && open !== undefined) rest = restOf(text, open);
    return goOnAt(window, at, open?.at);
  };
}

/** What ends in no window is passed over; what may end in the next one comes again. */
function goOnAt({ text, isLast, isFull }: TextWindow, at: number, open: number | undefined): number {
  if (isLast) return text.length;
  if (open === undefined) return Math.max(at, text.length - 16);
  return isFull && text.length - open > 16 ? Math.max(text.length - 1, open + 1) : open;
}

/** Up to the end of the window, or to what does not end in it. */
function readMarks(window: TextWindow, from: number, see: See): { readonly at: number; readonly open?: Mark } {
  const marks = createMarks(window.text);
  let at = from;
  for (;;) {
    const mark = marks.next(at);
    if (mark === undefined) return { at };
    const end = readMark(window, mark, see);
    if (end === -1) return { at, open: mark };
    at = end;
  }
}

/** A whole style sheet or declaration in memory. */
export function scanCss(text: string, see: See, lineAt: (index: number) => number): void {
  if (/url\(|image-set\(|@import/i.test(text.length > LONGEST_URL ? 'url(' : text))
    createCssScan(see)({ text, from: 0, isLast: true, isFull: true, lineAt });
}

type Kind = 'comment' | '"' | "'" | 'url' | 'import';

interface Mark {
  readonly kind: Kind;
  readonly at: number;
}

/** Windows keep as much of what was read. */
const LOOK_BACK = 250;

const NEEDLES = [
  ['/*', 'comment', 0],
  ['"', '"', 0],
  ["'", "'", 0],
  ['rl(', 'url', 1],
  ['RL(', 'url', 1],
  ['@i', 'import', 0],
  ['@I', 'import', 0],
] as const satisfies readonly (readonly [needle: string, kind: Kind, back: number])[];

/** The next place that may matter. Each needle is looked for once per place, so that the whole stays linear. */
function createMarks(text: string): { readonly next: (from: number) => Mark | undefined } {
  const places = NEEDLES.map(() => -1);
  const placeOf = (index: number, from: number): number => {
    const known = places[index] ?? -1;
    if (known >= from) return known;
    const [needle, , back] = NEEDLES[index] ?? NEEDLES[0];
    const found = text.indexOf(needle, from + back);
    const place = found === -1 ? Number.POSITIVE_INFINITY : found - back;
    places[index] = place;
    return place;
  };
  return {
    next: (from) => {
      let at = Number.POSITIVE_INFINITY;
      let kind: Kind = 'comment';
      for (let index = 0; index < NEEDLES.length; index += 1) {
        const place = placeOf(index, from);
        if (place >= at) continue;
        at = place;
        kind = (NEEDLES[index] ?? NEEDLES[0])[1];
      }
      return at === Number.POSITIVE_INFINITY ? undefined : { kind, at };
    },
  };
}

/** Where reading goes on; -1 when the end is not in the window. */
function readMark(window: TextWindow, { kind, at }: Mark, see: See): number {
  const { text } = window;
  if (isEscaped(text, at)) return at + 1;
  if (kind === 'comment') return endOf(text, '*/', at + 2);
  if (kind === 'url') return isUrl(text, at) ? readUrl(window, at, see) : at + 1;
  if (kind === 'import') return isImport(text, at) ? readImport(window, at, see) : at + 1;
  const end = endOfString(text, at + 1, kind);
  if (end !== -1 && isInImageSet(text, at) && end - at < LONGEST_URL)
    report(window, { css: text.slice(at, end), at, isImport: false }, see);
  return end;
}

/** Or what may become one in the next window. */
function isImport(text: string, at: number): boolean {
  const word = text.slice(at, at + 7).toLowerCase();
  return '@import'.startsWith(word);
}

const IMAGE_SET = /image-set\((?:[^()]|\([^()]*\))*$/i;

/** `image-set("a.png" 1x)` has its URLs as strings; not `type("image/png")`. */
function isInImageSet(text: string, at: number): boolean {
  const last = text.charCodeAt(at - 1);
  if (last !== 40 && last !== 44 && !isSpace(last)) return false;
  const before = text.slice(Math.max(0, at - LOOK_BACK), at);
  return /set\(/i.test(before) && IMAGE_SET.test(before);
}
function endOf(text: string, needle: string, from: number): number {
  const found = text.indexOf(needle, from);
  return found === -1 ? -1 : found + needle.length;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
  return slashes % 2 === 1;
}

/** A string ends at its quote, or broken at the end of the line. */
function endOfString(text: string, from: number, quote: '"' | "'"): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 10 || code === quote.charCodeAt(0)) return at + 1;
  }
  return -1;
}

/** Not the end of a longer name: `curl(`. */
function isUrl(text: string, at: number): boolean {
  return (text[at] === 'u' || text[at] === 'U') && !/[\w\\\u0080-\uffff-]/.test(text[at - 1] ?? ' ');
}

function readUrl(window: TextWindow, at: number, see: See): number {
  const { text } = window;
  let start = at + 4;
  while (isSpace(text.charCodeAt(start))) start += 1;
  if (start >= text.length) return -1;
  const quote = text[start];
  const end = quote === '"' || quote === "'" ? endOfString(text, start + 1, quote) : endOfUrl(text, start);
  if (end === -1) return -1;
  const isLong = end - start > LONGEST_URL || /^["']?data:/i.test(text.slice(start, start + 8));
  if (!isLong && !isNamespace(text, at))
    report(window, { css: text.slice(at, end), at, isImport: isAfterImport(text, at) }, see);
  return end;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function endOfUrl(text: string, from: number): number {
  for (let end = text.indexOf(')', from); end !== -1; end = text.indexOf(')', end + 1)) {
    if (!isEscaped(text, end)) return end + 1;
  }
  return -1;
}

/** `@namespace` names a vocabulary; nothing is loaded. */
function isNamespace(text: string, at: number): boolean {
  return /@namespace\s[^;{}]*$/i.test(text.slice(Math.max(0, at - 80), at));
}

function isAfterImport(text: string, at: number): boolean {
  return /@import\s*$/i.test(text.slice(Math.max(0, at - 40), at));
}

function readImport(window: TextWindow, at: number, see: See): number {
  const { text } = window;
  let start = at + 7;
  while (isSpace(text.charCodeAt(start))) start += 1;
  if (start >= text.length) return -1;
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return start;
  const end = endOfString(text, start + 1, quote);
  if (end !== -1 && end - start < LONGEST_URL) report(window, { css: text.slice(start, end), at, isImport: true }, see);
  return end;
}

interface Piece {
  readonly css: string;
  readonly at: number;
  readonly isImport: boolean;
}

function report({ lineAt }: TextWindow, { css, at, isImport }: Piece, see: See): void {
  const tokens = tokenizer({ css });
  while (!tokens.endOfFile()) {
    const token = tokens.nextToken();
    if (!isTokenURL(token) && !isTokenString(token)) continue;
    const url = token[4].value;
    see({ url, use: isImport ? 'style' : useOfStyleUrl(url), line: lineAt(at) });
    return;
  }
}

function restOf(text: string, { kind, at }: Mark): Rest {
  if (kind === 'comment') return 'comment';
  const opening = /^(?:url\(\s{0,64}|@import\s{0,64})?(["'])/i.exec(text.slice(at, at + 80))?.[1];
  if (opening === '"' || opening === "'") return opening;
  return kind === 'url' ? 'url' : 'none';
}

function endOfRest(text: string, from: number, rest: Rest): number {
  if (rest === 'none') return from;
  if (rest === 'comment') return endOf(text, '*/', from);
  return rest === 'url' ? endOfUrl(text, from) : endOfString(text, from, rest);
}
