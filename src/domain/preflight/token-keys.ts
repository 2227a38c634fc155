import { sha256 } from '@noble/hashes/sha2.js';
import { base58btc } from 'multiformats/bases/base58';
import type { Secret } from './secret.ts';
import { isKnownToAll, isRole } from './secret-known.ts';
import { nameBefore } from './secret-names.ts';
import { isPattern } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';
import { meaningOf, namesPair } from './token-names.ts';

/** K, L and 5. */
const WIF_STARTS = [0x4b, 0x4c, 0x35];
const HEX = /^(0[xX])?[0-9a-fA-F]{64}$/;

/** 64 hex digits that a name calls a private key. Alone they are a hash, as a million of them are in any build. */
export function judgeHex(stretch: Stretch, start: number, end: number): Secret | undefined {
  if (end - start !== 64 && end - start !== 66) return undefined;
  const name = nameBefore(stretch, start);
  if (name === undefined) return undefined;
  const meaning = meaningOf(stretch, { start, end, name });
  if (meaning === undefined || !countPlace(stretch)) return undefined;
  const value = textOf(stretch, start, end);
  if (!HEX.test(value)) return undefined;
  return meaning === 'ciphertext' ? judgeKeystore(stretch, start, value) : judgePrivateHex(value, meaning);
}

function judgePrivateHex(value: string, meaning: 'private' | 'owned'): Secret | undefined {
  const digits = value.slice(-64).toLowerCase();
  if (isRole(digits)) return undefined;
  if (isKnownToAll(digits)) {
    return { kind: 'public-private-key', what: 'A private key that everybody has', value, level: 'note' };
  }
  if (isPattern(digits)) return undefined;
  return meaning === 'private'
    ? { kind: 'hex-private-key', what: 'A private key', value }
    : { kind: 'owned-key', what: 'A key of 32 bytes that may be private or public', value, level: 'note' };
}

/** The keystore of a wallet, by what stands around its ciphertext. */
function judgeKeystore(stretch: Stretch, at: number, value: string): Secret | undefined {
  const around = textOf(stretch, at - 1000, at + 1000);
  if (!/kdf/.test(around) || !/"mac\\*"/.test(around)) return undefined;
  return { kind: 'wallet-keystore', what: 'The keystore of a wallet', value };
}

/** Keys of Bitcoin in their own form, whose checksum says that they are; 64 bytes in base58 that a name calls private. */
export function judgeBase58(stretch: Stretch, start: number, end: number): Secret | undefined {
  const length = end - start;
  const first = stretch.bytes[start] ?? 0;
  if ((length === 51 || length === 52) && WIF_STARTS.includes(first)) {
    return judgeChecked(textOf(stretch, start, end), 'A private key of Bitcoin');
  }
  // xprv, yprv and zprv.
  if (length === 111 && textOf(stretch, start + 1, start + 4) === 'prv') {
    return judgeChecked(textOf(stretch, start, end), 'An extended private key');
  }
  return length === 87 || length === 88 ? judgeNamedBase58(stretch, start, end) : undefined;
}

function judgeNamedBase58(stretch: Stretch, start: number, end: number): Secret | undefined {
  const name = nameBefore(stretch, start);
  if (name === undefined || !namesPair(name)) return undefined;
  const value = textOf(stretch, start, end);
  return base58Of(value)?.length === 64 && !isPattern(value)
    ? { kind: 'base58-private-key', what: 'A private key', value }
    : undefined;
}

function judgeChecked(value: string, what: string): Secret | undefined {
  const bytes = base58Of(value);
  if (bytes === undefined || bytes.length < 8) return undefined;
  const check = sha256(sha256(bytes.subarray(0, -4)));
  return bytes.subarray(-4).every((byte, at) => byte === check[at])
    ? { kind: 'base58-private-key', what, value }
    : undefined;
}

function base58Of(text: string): Uint8Array | undefined {
  try {
    return base58btc.baseDecode(text);
  } catch {
    return undefined;
  }
}
