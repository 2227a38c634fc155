import { DIGEST_BYTES } from './cid-bytes.ts';

/** Numbers CIDs of SHA-256 digests in the order they come; the same codec and digest have the same number. */
export interface CidTable {
  size(): number;
  /** The number of the CID, which is the old `size()` when it is new. */
  add(codec: number, digest: Uint8Array): number;
  find(codec: number, digest: Uint8Array): number | undefined;
  /** The digest with that number; valid until the next `add`. */
  digest(held: number): Uint8Array;
  codec(held: number): number;
}

/**
 * An open-addressing hash table in flat arrays: about 45 bytes a CID, where a Map with text keys takes some 150. Digests
 * are uniform, so their first bytes and the codec serve as the hash.
 */
export function cidTable(expected: number): CidTable {
  let capacity = 2 ** Math.ceil(Math.log2(Math.max(16, expected)));
  let digests = Buffer.allocUnsafeSlow(capacity * DIGEST_BYTES);
  let codecs = new Uint32Array(capacity);
  let places = new Int32Array(capacity * 2).fill(-1);
  let size = 0;

  /** The place that holds the CID, or the free one where it belongs. */
  function placeOf(codec: number, digest: Uint8Array): number {
    const mask = places.length - 1;
    let place = firstPlace(codec, digest, 0) & mask;
    for (let held = places[place] ?? -1; held >= 0; held = places[place] ?? -1) {
      const at = held * DIGEST_BYTES;
      if (codecs[held] === codec && digests.compare(digest, 0, DIGEST_BYTES, at, at + DIGEST_BYTES) === 0) return place;
      place = (place + 1) & mask;
    }
    return place;
  }

  function grow(): void {
    capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(capacity * DIGEST_BYTES);
    larger.set(digests);
    digests = larger;
    const wider = new Uint32Array(capacity);
    wider.set(codecs);
    codecs = wider;
    places = new Int32Array(capacity * 2).fill(-1);
    for (let held = 0; held < size; held += 1) {
      let place = firstPlace(codecs[held] ?? 0, digests, held * DIGEST_BYTES) & (places.length - 1);
      while ((places[place] ?? -1) >= 0) place = (place + 1) & (places.length - 1);
      places[place] = held;
    }
  }

  return {
    size: () => size,
    digest: (held) => digests.subarray(held * DIGEST_BYTES, (held + 1) * DIGEST_BYTES),
    codec: (held) => codecs[held] ?? 0,
    find(codec, digest) {
      const held = places[placeOf(codec, digest)] ?? -1;
      return held < 0 ? undefined : held;
    },
    add(codec, digest) {
      if (size === capacity) grow();
      const place = placeOf(codec, digest);
      const held = places[place] ?? -1;
      if (held >= 0) return held;
      places[place] = size;
      codecs[size] = codec;
      digests.set(digest, size * DIGEST_BYTES);
      size += 1;
      return size - 1;
    },
  };
}

function firstPlace(codec: number, digest: Uint8Array, at: number): number {
  const start =
    ((digest[at] ?? 0) << 24) | ((digest[at + 1] ?? 0) << 16) | ((digest[at + 2] ?? 0) << 8) | (digest[at + 3] ?? 0);
  // The same bytes under many codecs must not all meet at one place.
  return start ^ Math.imul(codec, 0x9e3779b1);
}
