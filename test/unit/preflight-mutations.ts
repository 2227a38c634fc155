import { seededNumbers } from '../support/seeded.ts';

type Below = (limit: number) => number;

/** What becomes of `source`, from one place to another. */
interface Change {
  readonly source: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly other: Uint8Array;
  readonly below: Below;
}

/** Inputs that are always the same: flipped bytes, cuts, repeats, and pieces of another sample. */
export function* mutations(samples: readonly Uint8Array[], count: number): Generator<Uint8Array> {
  const next = seededNumbers(6);
  const below: Below = (limit) => (limit === 0 ? 0 : next() % limit);
  const sample = (): Uint8Array => samples[below(samples.length)] ?? new Uint8Array();
  for (let made = 0; made < count; made += 1) {
    const source = sample();
    const from = below(source.length);
    const to = from + below(source.length - from);
    yield CHANGES[made % CHANGES.length]?.({ source, from, to, other: sample(), below }) ?? source;
  }
}

const CHANGES: readonly ((change: Change) => Uint8Array)[] = [
  ({ source, below }) => {
    const flipped = source.slice();
    for (let flips = 0; flips < 8; flips += 1) flipped[below(flipped.length)] = below(256);
    return flipped;
  },
  ({ source, from, to }) => joined(source.subarray(0, from), source.subarray(to)),
  ({ source, from, to, below }) => {
    const repeats = Array.from({ length: below(20) }, () => source.subarray(from, to));
    return joined(source.subarray(0, to), ...repeats, source.subarray(to));
  },
  ({ source, from, to, other, below }) => {
    return joined(source.subarray(0, from), other.subarray(below(other.length)), source.subarray(to));
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
