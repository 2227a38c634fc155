/** The same bytes for the same seed, on every machine; not compressible and without repeated blocks. */
export function seededBytes(length: number, seed: number): Buffer<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  const next = seededNumbers(seed);
  for (let at = 0; at < words.length; at += 1) words[at] = next();
  return Buffer.from(words.buffer, 0, length);
}

/** Numbers from 0 to 2³²−1 by xorshift32; `seed` is not 0. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
