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
      const secret = judgePhrase(text.trim(), placeOf(stretch, start, escaped + text.trimEnd().length));
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
      if (end - start <= LONGEST_LIST && stretch.bytes[start - 1] === 0x5b) judgeList(stretch, { start, end }, found);
    });
}

function judgeList(stretch: Stretch, run: { readonly start: number; readonly end: number }, found: FoundSecret): void {
  const text = textOf(stretch, run.start, run.end);
  if (!LIST.test(text)) return;
  const phrase = (text.match(/[a-z]{3,8}/g) ?? []).join(' ');
  if (!mayBePhrase(phrase) || !countPlace(stretch)) return;
  const secret = judgePhrase(phrase, isNamed(stretch, run.start) ? 'named' : 'in-text');
  if (secret !== undefined) found(secret, run.start);
}

function placeOf(stretch: Stretch, start: number, end: number): PhrasePlace {
  if (isNamed(stretch, start)) return 'named';
  const isQuoted = /["'`]$/.test(textOf(stretch, start - 1, start)) && /^\\*["'`]/.test(textOf(stretch, end, end + 4));
  return isQuoted ? 'quoted' : 'in-text';
}

function isNamed(stretch: Stretch, start: number): boolean {
  return /mnemonic|seed|phrase|recovery/.test(nameBefore(stretch, start)?.name ?? '');
}
