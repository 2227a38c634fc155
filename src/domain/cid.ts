import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';

/** Multicodec codes that this project meets. */
export const RAW_CODEC = 0x55;
export const DAG_PB_CODEC = 0x70;
const SHA2_256 = 0x12;

declare const brand: unique symbol;

/** A content identifier in its canonical text: CIDv1, base32, lower case. `parseCid` is the only door. */
export type Cid = string & { readonly [brand]: 'Cid' };

/**
 * A CID in any valid text form (CIDv0, CIDv1 in any base that multiformats knows by default), or undefined.
 * CIDv0 and CIDv1 of the same content parse to the same value.
 */
export function parseCid(text: string): Cid | undefined {
  try {
    return cidOf(CID.parse(text.trim()));
  } catch {
    return undefined;
  }
}

/** The canonical text of a parsed CID. */
export function cidOf(cid: CID): Cid {
  return cid.toV1().toString(base32) as Cid;
}

const BASE32 = Array.from('abcdefghijklmnopqrstuvwxyz234567', (letter) => letter.charCodeAt(0));
const DIGEST_BYTES = 32;
/** The character codes of a CIDv1 in base32: the multibase letter, and 36 bytes at 5 bits a letter. */
const letters: number[] = Array.from('b'.padEnd(59), (letter) => letter.charCodeAt(0));

/**
 * The CID of a block, from its codec (below 128) and its SHA-256 digest (32 bytes). Written out because a listing has
 * one for every file, and a general base32 encoder takes several times as long.
 */
export function cidFromDigest(codec: number, digest: Uint8Array): Cid {
  let bits = 0;
  let held = 0;
  let letter = 1;
  for (let at = -4; at < DIGEST_BYTES; at += 1) {
    const byte = at < 0 ? [1, codec, SHA2_256, DIGEST_BYTES][at + 4] : digest[at];
    bits = ((bits << 8) | (byte ?? 0)) & 0xfff;
    for (held += 8; held >= 5; letter += 1) {
      held -= 5;
      letters[letter] = BASE32[(bits >> held) & 31] ?? 0;
    }
  }
  letters[letter] = BASE32[(bits << (5 - held)) & 31] ?? 0;
  return String.fromCharCode.apply(undefined, letters) as Cid;
}

/** The multicodec code of a CID's block. */
export function codecOf(cid: Cid): number {
  // A walk asks it of every entry; version, codec and hash stand in the first letters.
  if (cid.startsWith('bafkrei')) return RAW_CODEC;
  return cid.startsWith('bafybei') ? DAG_PB_CODEC : CID.parse(cid).code;
}

/** The CIDv0 text (`Qm…`) of the same content; undefined when it has none (raw blocks, other hashes). */
export function cidV0(cid: Cid): string | undefined {
  const parsed = CID.parse(cid);
  if (parsed.code !== DAG_PB_CODEC || parsed.multihash.code !== SHA2_256) return undefined;
  return parsed.toV0().toString();
}

/**
 * The EIP-1577 contenthash of an IPFS CID as `0x…` hex: namespace `ipfs` (0xe3, as varint e3 01), then the CIDv1 bytes.
 */
export function contenthash(cid: Cid): string {
  const bytes = CID.parse(cid).bytes;
  return `0xe301${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
