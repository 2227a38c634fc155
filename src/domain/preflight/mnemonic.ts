import { mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Secret } from './secret.ts';
import { isKnownToAll } from './secret-known.ts';

const WORDS: ReadonlySet<string> = new Set(wordlist);
/** 12 words of three letters, 24 of eight. */
export const SHORTEST_PHRASE = 12 * 3 + 11;
export const LONGEST_PHRASE = 24 * 8 + 23;

/** What stands around a text that may be a phrase. */
export type PhrasePlace = 'named' | 'quoted' | 'in-text';

/** True for 12 to 24 words of the list: whether they are a phrase takes longer to find out. */
export function mayBePhrase(text: string): boolean {
  const words = text.split(' ');
  return words.length >= 12 && words.length <= 24 && words.every((word) => WORDS.has(word));
}

/**
 * A BIP-39 phrase in English: 12, 15, 18, 21 or 24 words of the list with a checksum that fits. It needs no name, since
 * minifiers take names away; in running text it may be an example, and is a note.
 */
export function judgePhrase(text: string, place: PhrasePlace): Secret | undefined {
  const words = text.split(' ');
  const entropy = entropyOf(text);
  if (entropy === undefined) return undefined;
  const isPublic = new Set(words).size < words.length / 2 || new Set(entropy).size < 4 || isKnownToAll(text);
  if (isPublic) {
    return { kind: 'public-mnemonic', what: 'A mnemonic phrase that everybody has', value: text, level: 'note' };
  }
  return {
    kind: 'mnemonic',
    what: 'A mnemonic phrase of a wallet',
    value: text,
    level: place === 'in-text' ? 'note' : undefined,
  };
}

/** Undefined for a number of words or a checksum that no phrase has. */
function entropyOf(phrase: string): Uint8Array | undefined {
  try {
    return mnemonicToEntropy(phrase, wordlist);
  } catch {
    return undefined;
  }
}
