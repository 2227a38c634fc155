/**
 * A part of a file. What begins from `from` to before `to` is looked at now; what stands around it, from 0 to before `end`,
 * may be read for that.
 */
export interface Stretch {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly end: number;
  readonly places: Places;
}

/** How many places of a file may still be looked at closely: the same for all its stretches. */
export interface Places {
  left: number;
}

/** A file with more is made of them, or made to keep somebody busy. */
const MOST_PLACES = 2000;

/** Counts a place that is about to be looked at closely; false where there were too many. */
export function countPlace({ places }: Pick<Stretch, 'places'>): boolean {
  places.left -= 1;
  return places.left >= 0;
}

/** So much stands before what is looked at, unless the file begins there. */
const BEHIND = 1024;
/** So much stands after it, unless the file ends there: nothing longer is found. */
export const AHEAD = 16 * 1024;
const SIZE = 256 * 1024;

/** Turns pieces into stretches. Where these begin depends on the file alone: no cut changes what is seen in it. */
export function createStretches(look: (stretch: Stretch) => void) {
  const bytes = new Uint8Array(SIZE);
  let filled = 0;
  let from = 0;
  let places = { left: MOST_PLACES };
  function slide(): void {
    const to = SIZE - AHEAD;
    look({ bytes, from, to, end: SIZE, places });
    bytes.copyWithin(0, to - BEHIND, SIZE);
    from = BEHIND;
    filled = AHEAD + BEHIND;
  }
  return {
    open(): void {
      filled = 0;
      from = 0;
      places = { left: MOST_PLACES };
    },
    take(piece: Uint8Array): void {
      for (let at = 0; at < piece.length; ) {
        if (filled === SIZE) slide();
        const part = piece.subarray(at, at + SIZE - filled);
        bytes.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    },
    /** False where there was more to look at than is looked at. */
    end(): boolean {
      look({ bytes, from, to: filled, end: filled, places });
      return places.left >= 0;
    },
  };
}

/** A part of a stretch as text of the same length; what is not ASCII becomes a space. */
export function textOf({ bytes, end }: Stretch, from: number, to: number): string {
  let text = '';
  for (let at = Math.max(0, from); at < Math.min(to, end); at += 1) {
    const byte = bytes[at] ?? 0;
    text += byte < 0x80 ? String.fromCharCode(byte) : ' ';
  }
  return text;
}

/** How many lines end in a part; four bytes at a time, since every byte of every text comes by. */
export function countLines(bytes: Uint8Array, from: number, to: number): number {
  const first = Math.min(to, (from + 3) & ~3);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + first, (to - first) >> 2);
  const rest = first + words.length * 4;
  return countLineFeeds(bytes.subarray(from, first)) + countInWords(words) + countLineFeeds(bytes.subarray(rest, to));
}

function countLineFeeds(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines += 1;
  return lines;
}

function countInWords(words: Uint32Array): number {
  let lines = 0;
  for (let from = 0; from < words.length; from += 255) {
    // Four sums of one byte each: 255 words cannot make one overflow.
    let sums = 0;
    const to = Math.min(words.length, from + 255);
    for (let at = from; at < to; at += 1) {
      const odd = (words[at] ?? 0) ^ 0x0a0a0a0a;
      // The high bit of each byte that is zero now, which was a line feed.
      sums += (~(((odd & 0x7f7f7f7f) + 0x7f7f7f7f) | odd) & 0x80808080) >>> 7;
    }
    lines += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24);
  }
  return lines;
}
