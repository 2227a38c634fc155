import type { Stretch } from './secret-stretches.ts';

/** A window of more gives no longer steps worth having, and what is shorter than this is found at every turn. */
const LONGEST_WINDOW = 64;
const HASHES = 1 << 13;

/** Where a needle is searched for, and what is done with it. */
export interface NeedleFinder {
  readonly found: (needle: number, at: number) => void;
  /** False for needles that need not be found any more; a text may be full of one. */
  readonly isWanted?: (needle: number) => boolean;
}

/**
 * Looks for several byte strings at once, by Wu and Manber: a table says for each pair of bytes how far one may step
 * without passing an end of a needle. Needles have at least two bytes.
 */
export function createNeedleSearch(needles: readonly Uint8Array[]): (stretch: Stretch, finder: NeedleFinder) => void {
  const tables = createTables(needles);
  return (stretch, { found, isWanted = () => true }) => {
    const { window } = tables;
    for (
      let at = nextEnd(tables, stretch, stretch.from + window - 1);
      at !== -1;
      at = nextEnd(tables, stretch, at + 1)
    ) {
      const start = at - window + 1;
      for (const needle of tables.ending.get(pairAt(stretch.bytes, at)) ?? []) {
        if (isWanted(needle) && isAt(stretch, start, needles[needle])) found(needle, start);
      }
    }
  };
}

type Tables = ReturnType<typeof createTables>;

/** Where the window of a needle may end next; -1 where none does that begins in the stretch. */
function nextEnd({ window, steps }: Tables, { bytes, to, end }: Stretch, from: number): number {
  const last = Math.min(end, to + window - 1);
  let at = from;
  while (at < last) {
    const step = steps[pairAt(bytes, at)] ?? 1;
    if (step === 0) return at;
    at += step;
  }
  return -1;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at - 1] ?? 0) << 5) ^ (bytes[at] ?? 0)) & (HASHES - 1);
}

function createTables(needles: readonly Uint8Array[]) {
  const window = Math.min(LONGEST_WINDOW, ...needles.map(({ length }) => length));
  const steps = new Uint8Array(HASHES).fill(Math.max(0, window - 1));
  const ending = new Map<number, number[]>();
  for (const [index, needle] of needles.entries()) {
    for (let at = 1; at < window; at += 1) {
      const pair = pairAt(needle, at);
      steps[pair] = Math.min(steps[pair] ?? 0, window - 1 - at);
      if (at === window - 1) ending.set(pair, [...(ending.get(pair) ?? []), index]);
    }
  }
  return { window, steps, ending };
}

function isAt({ bytes, end }: Stretch, start: number, needle: Uint8Array | undefined): boolean {
  if (needle === undefined || start + needle.length > end) return false;
  for (let at = 0; at < needle.length; at += 1) if (bytes[start + at] !== needle[at]) return false;
  return true;
}
