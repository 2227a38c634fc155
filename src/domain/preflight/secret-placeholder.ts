/** Words that nobody's key has in it by chance, and that examples are full of. */
const WORDS =
  /example|sample|personal|installation|access[-_]?token|api[-_]?key|secret[-_]?key|placeholder|replace|changeme|change[-_]me|your[-_a-z]|[-_]here|redacted|dummy|insert|xxxx|\*{3}|\.{3}|fake|foobar|notareal|test[-_]?(key|token)/i;
const SEQUENCES = [
  '0123456789',
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'zyxwvutsrqponmlkjihgfedcba',
  '9876543210',
];
const LONGEST_SEQUENCE = 8;

/** True for what stands in the place of a secret: examples, patterns, repeated characters. */
export function isPlaceholder(value: string): boolean {
  return WORDS.test(value) || isPattern(value);
}

/** True for what nobody drew at random: few different characters, the alphabet in order, one piece again and again. */
export function isPattern(value: string): boolean {
  const lower = value.toLowerCase();
  if (new Set(lower).size < Math.min(7, value.length / 2)) return true;
  return hasSequence(lower) || isRepeated(lower);
}

function hasSequence(lower: string): boolean {
  return SEQUENCES.some((sequence) => {
    for (let at = 0; at + LONGEST_SEQUENCE <= sequence.length; at += 1) {
      if (lower.includes(sequence.slice(at, at + LONGEST_SEQUENCE))) return true;
    }
    return false;
  });
}

function isRepeated(lower: string): boolean {
  for (let period = 1; period <= lower.length / 3; period += 1) {
    if (lower.slice(period) === lower.slice(0, -period)) return true;
  }
  return false;
}

/**
 * True for characters that look drawn: not words, not an identifier. The bodies of tokens have digits, or capitals
 * among small letters as no writing has them.
 */
export function looksDrawn(body: string): boolean {
  const letters = body.replace(/[^A-Za-z]/g, '');
  const digits = body.replace(/[^0-9]/g, '').length;
  if (digits > body.length * 0.6 && letters.length < 6) return false;
  const mixed = /[a-z]/.test(letters) && /[A-Z]/.test(letters);
  if (digits === 0) return mixed && changes(letters) > letters.length * 0.3;
  if (mixed) return digits >= 3 || changes(letters) > letters.length * 0.25;
  // In one case alone words with a number at the end are many.
  return digits >= 4 && bursts(body) >= 4;
}

/** How often small and capital letters change. */
function changes(letters: string): number {
  let count = 0;
  for (let at = 1; at < letters.length; at += 1) if (isCapital(letters, at) !== isCapital(letters, at - 1)) count += 1;
  return count;
}

function isCapital(text: string, at: number): boolean {
  return text.charCodeAt(at) < 0x5b;
}

/** In how many places a number stands. */
function bursts(body: string): number {
  return body.match(/[0-9]+/g)?.length ?? 0;
}
