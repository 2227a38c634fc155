/** What should be there once, by hashes: a collection has tens of thousands of texts. */
export interface Duplicates {
  /** `label` is how people find the place. */
  readonly add: (hash: number, label: string) => void;
  /** Undefined where there is none, and where most are: then it is meant. */
  readonly read: () => Repeats | undefined;
}

export interface Repeats {
  readonly times: number;
  /** The first that has what another has, and that other. */
  readonly first: readonly [string, string];
}

const MOST_TEXTS = 200_000;
/** Below, one text for many is the design of a collection: editions, or one picture until it is revealed. */
const LEAST_DISTINCT = 0.8;

export function createDuplicates(): Duplicates {
  const labels = new Map<number, string>();
  let texts = 0;
  let first: readonly [string, string] | undefined;
  return {
    add: (hash, label) => {
      if (texts >= MOST_TEXTS) return;
      texts += 1;
      const known = labels.get(hash);
      if (known === undefined) labels.set(hash, label);
      else first ??= [known, label];
    },
    read: () => {
      if (first === undefined || labels.size < texts * LEAST_DISTINCT) return undefined;
      return { times: texts - labels.size, first };
    },
  };
}

/** 52 bits: among 200,000 texts two that differ have the same once in 200,000 collections. */
export function hashOf(text: string): number {
  let high = 0x811c9dc5;
  let low = 0x85ebca6b;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low + code, 0x85ebca6b) ^ (low >>> 15);
  }
  // Without this, hashes of texts that are alike are alike, and sums of them equal.
  const [mixed, other] = [avalanche(high ^ (low >>> 7)), avalanche(low ^ high)];
  return (mixed & 0xfffff) * 2 ** 32 + (other >>> 0);
}

/** Every bit of the result depends on every bit of the number: the last step of MurmurHash3. */
function avalanche(number: number): number {
  const once = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

/** One hash for several, whatever their order. */
export function mixHashes(one: number, other: number): number {
  return (one + other) % 2 ** 52;
}
