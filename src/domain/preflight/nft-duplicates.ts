/** Texts that should be there once, by their hashes: a collection has tens of thousands of them. */
export interface Duplicates {
  /** `label` is how people find the place. */
  readonly add: (text: string, label: string) => void;
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
    add: (text, label) => {
      if (texts >= MOST_TEXTS) return;
      texts += 1;
      const hash = hashOf(text);
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

/** 53 bits: among 200,000 texts two that differ have the same once in 450,000 collections. */
export function hashOf(text: string): number {
  let high = 0x9e3779b1;
  let low = 0x85ebca6b;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    high ^= high >>> 15;
    low = Math.imul(low ^ code, 0xc2b2ae35);
    low ^= low >>> 13;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
