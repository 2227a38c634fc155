import type { Reader } from './rule.ts';

/** A small file as text, as it is: a byte order mark stays, what is no UTF-8 is U+FFFD. */
export interface SmallFile {
  readonly text: string;
  readonly isUtf8: boolean;
}

const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Reads a file of at most `mostBytes` whole; `end` gets undefined when it has more. */
export function readWhole(mostBytes: number, end: (file: SmallFile | undefined) => void): Reader {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  return {
    kind: 'bytes',
    take: (piece) => {
      bytes += piece.length;
      if (bytes <= mostBytes) pieces.push(piece.slice());
      else pieces.length = 0;
    },
    end: () => end(bytes <= mostBytes ? decode(joined(pieces, bytes)) : undefined),
  };
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function decode(bytes: Uint8Array): SmallFile {
  const text = lenient.decode(bytes);
  return { text, isUtf8: !text.includes('\ufffd') || isUtf8(bytes) };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
