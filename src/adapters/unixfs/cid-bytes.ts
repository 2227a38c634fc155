import type { Cid } from '../../domain/cid.ts';
import { cidFromDigest, DAG_PB_CODEC } from '../../domain/cid.ts';

export const SHA2_256 = 0x12;
export const DIGEST_BYTES = 32;

/** How a CID of a SHA-256 digest begins: CIDv1 with version and codec, CIDv0 (dag-pb only) with the multihash at once. */
export function cidPrefix(version: 0 | 1, codec: number): Uint8Array {
  return version === 0 ? Uint8Array.of(SHA2_256, DIGEST_BYTES) : Uint8Array.of(1, codec, SHA2_256, DIGEST_BYTES);
}

/** The binary form of a CID, as links and CAR frames hold it. */
export function cidBytes(prefix: Uint8Array, digest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefix.length + DIGEST_BYTES);
  bytes.set(prefix);
  bytes.set(digest, prefix.length);
  return bytes;
}

/** The text of a CID that `cidBytes` made. */
export function cidText(bytes: Uint8Array): Cid {
  const codec = bytes[0] === SHA2_256 ? DAG_PB_CODEC : (bytes[1] ?? 0);
  return cidFromDigest(codec, bytes.subarray(-DIGEST_BYTES));
}
