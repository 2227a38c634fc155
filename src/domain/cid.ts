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

/** The CID of a block, from its codec and its SHA-256 digest (32 bytes). */
export function cidFromDigest(codec: number, digest: Uint8Array): Cid {
  const bytes = new Uint8Array(36);
  bytes.set([1, codec, SHA2_256, 32]);
  bytes.set(digest, 4);
  return base32.encode(bytes) as Cid;
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
