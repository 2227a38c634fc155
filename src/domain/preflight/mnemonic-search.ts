import { judgePhrase, LONGEST_PHRASE, mayBePhrase, type PhrasePlace, SHORTEST_PHRASE } from './mnemonic.ts';
import type { FoundSecret, Look } from './secret.ts';
import { afterEscape } from './secret-escapes.ts';
import { nameBefore } from './secret-names.ts';
import { createRunSearch } from './secret-runs.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';

const SMALL = 'abcdefghijklmnopqrstuvwxyz';
/** Two quotes and a comma for each word instead of a space. */
const LONGER_IN_LIST = 2 * 12;
const SPACE = 0x20;
const LONGEST_INDENT = 200;
/** White space before and after a phrase that is a whole file. */
const MOST_AROUND = 100;
const LONGEST_LIST = 24 * 16;
const LIST = /^\s*\\?(["'])[a-z]{3,8}\\?\1(\s*,\s*\\?\1[a-z]{3,8}\\?\1){11,23}\s*,?\s*$/;

/** Looks for phrases whose words stand in one text, with a space between them. */
export function createPhraseLook(): Look {
  const search = createRunSearch(`${SMALL} `, SHORTEST_PHRASE);
  return (stretch, found) =>
    search(stretch, (run, end) => {
      const escaped = afterEscape(stretch, run);
      if (end - run > LONGEST_PHRASE + LONGEST_INDENT || !hasWords(stretch, escaped, end)) return;
      const text = textOf(stretch, escaped, end);
      if (!mayBePhrase(text.trim()) || !countPlace(stretch)) return;
      const start = escaped + text.length - text.trimStart().length;
      const secret = judgePhrase(text.trim(), placeOf(stretch, { start, end: escaped + text.trimEnd().length }));
      if (secret !== undefined) found(secret, start);
    });
}

/** False where a word is too short or too long for the list, as nearly everywhere. */
function hasWords({ bytes }: Stretch, from: number, to: number): boolean {
  let length = 0;
  for (let at = from; at < to; at += 1) {
    if (bytes[at] !== SPACE) length += 1;
    else if (length > 8 || (length > 0 && length < 3)) return false;
    else length = 0;
  }
  return length <= 8;
}

/** Looks for phrases as lists of words. */
export function createWordsLook(): Look {
  const search = createRunSearch(`${SMALL}"', \r\n\t\\`, SHORTEST_PHRASE + LONGER_IN_LIST);
  return (stretch, found) =>
    search(stretch, (start, end) => {
      if (end - start > LONGEST_LIST) return;
      if (stretch.bytes[start - 1] === 0x5b) judgeList(stretch, { start, end }, found);
      else if (isWhole(stretch, { start, end })) judgeLines(stretch, { start, end }, found);
    });
}

/** Where words are. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** A file with a word on each line; words on one line are seen by the other look. */
function judgeLines(stretch: Stretch, { start, end }: Place, found: FoundSecret): void {
  const text = textOf(stretch, start, end).trim();
  if (!/^[a-z]{3,8}(\s{1,4}[a-z]{3,8}){11,23}$/.test(text) || !/\n/.test(text)) return;
  const phrase = text.replace(/\s+/g, ' ');
  if (!mayBePhrase(phrase) || !countPlace(stretch)) return;
  const secret = judgePhrase(phrase, 'named');
  if (secret !== undefined) found(secret, start);
}

function judgeList(stretch: Stretch, run: Place, found: FoundSecret): void {
  const text = textOf(stretch, run.start, run.end);
  if (!LIST.test(text)) return;
  const phrase = (text.match(/[a-z]{3,8}/g) ?? []).join(' ');
  if (!mayBePhrase(phrase) || !countPlace(stretch)) return;
  const secret = judgePhrase(phrase, isNamed(stretch, run.start) ? 'named' : 'in-text');
  if (secret !== undefined) found(secret, run.start);
}

function placeOf(stretch: Stretch, place: Place): PhrasePlace {
  const { start, end } = place;
  if (isNamed(stretch, start) || isWhole(stretch, place)) return 'named';
  const isQuoted = /["'`]$/.test(textOf(stretch, start - 1, start)) && /^\\*["'`]/.test(textOf(stretch, end, end + 4));
  return isQuoted ? 'quoted' : 'in-text';
}

/** Nothing else is in the file, as in the `.secret` of Truffle. */
function isWhole(stretch: Stretch, { start, end }: Place): boolean {
  const isFirst = stretch.from === 0 && start < MOST_AROUND;
  const isLast = stretch.end - end < MOST_AROUND;
  return isFirst && isLast && `${textOf(stretch, 0, start)}${textOf(stretch, end, stretch.end)}`.trim() === '';
}

function isNamed(stretch: Stretch, start: number): boolean {
  return /mnemonic|seed|phrase|recovery/.test(nameBefore(stretch, start)?.name ?? '');
}
