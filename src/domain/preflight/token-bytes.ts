import type { Look, Secret } from './secret.ts';
import { nameBefore } from './secret-names.ts';
import { createRunSearch } from './secret-runs.ts';
import { type Stretch, textOf } from './secret-stretches.ts';
import { namesPair } from './token-names.ts';

/** A key of Solana, which its tools write as 64 numbers: as a whole file, or after a name that says so. */
const NUMBERS = 64;
const SHORTEST = NUMBERS * 2 + NUMBERS - 1;
const LONGEST = NUMBERS * 8;
/** Of 64 bytes at random some are equal, but not many. */
const FEWEST_DIFFERENT = 40;

export function createBytesLook(): Look {
  const search = createRunSearch('0123456789, \t\r\n', SHORTEST);
  return (stretch, found) =>
    search(stretch, (start, end) => {
      if (end - start > LONGEST) return;
      const secret = judgeBytes(stretch, start, end);
      if (secret !== undefined) found(secret, start);
    });
}

function judgeBytes(stretch: Stretch, start: number, end: number): Secret | undefined {
  if (textOf(stretch, start - 1, start) !== '[' || textOf(stretch, end, end + 1) !== ']') return undefined;
  const numbers = textOf(stretch, start, end).split(',').map(asByte);
  if (numbers.length !== NUMBERS || numbers.includes(undefined)) return undefined;
  if (new Set(numbers).size < FEWEST_DIFFERENT || !(isWhole(stretch, start, end) || isNamed(stretch, start))) {
    return undefined;
  }
  return { kind: 'private-key-bytes', what: 'A private key as a list of bytes', value: numbers.join(',') };
}

function asByte(text: string): number | undefined {
  const digits = text.trim();
  return /^\d{1,3}$/.test(digits) && Number(digits) < 256 ? Number(digits) : undefined;
}

/** Nothing else is in the file; where less stands before than a stretch keeps, the file begins there. */
function isWhole(stretch: Stretch, start: number, end: number): boolean {
  return start < 10 && `${textOf(stretch, 0, start - 1)}${textOf(stretch, end + 1, stretch.end)}`.trim() === '';
}

/** `secretKey: […]`, `secretKey = Uint8Array.from([…])`, `fromSecretKey(new Uint8Array([…]))`. */
function isNamed(stretch: Stretch, start: number): boolean {
  const before = textOf(stretch, start - 60, start);
  const made = /(new\s+)?(Uint8Array|Buffer)(\.from|\.of)?\(\[$/.exec(before)?.[0].length ?? 0;
  const name = nameBefore(stretch, start - made);
  return name !== undefined && namesPair(name);
}
