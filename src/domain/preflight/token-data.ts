import type { FoundSecret, Look } from './secret.ts';
import type { Places, Stretch } from './secret-stretches.ts';

/** A key in PEM, in base64. */
const PEM = 'LS0tLS1CRUdJTi';
/** With one of them a text in base64 begins: source maps, scripts, settings. Others are pictures and fonts. */
export const DATA_NEEDLES = [
  PEM,
  ...['n/json', 'script', '/plain', 't/html', 't/yaml', '=utf-8', '=UTF-8', 'stream', 'vg+xml'].map(
    (end) => `${end};base64,`,
  ),
];

const NONE = 0xff;
const VALUES = valuesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

function valuesOf(letters: string): Uint8Array {
  const values = new Uint8Array(256).fill(NONE);
  for (const [value, letter] of [...letters].entries()) values[letter.charCodeAt(0)] = value;
  return values;
}

/** A run of base64 in a stretch; what began in a stretch before has a start below 0. */
interface Data {
  readonly start: number;
  readonly end: number;
}

/** Looks into texts in base64, each byte once; what is base64 in there again is left as it is. */
export function createDataLook(looks: readonly Look[]) {
  /** A run that the next stretch has to look at from its beginning on. */
  let open: { readonly places: Places; readonly start: number } | undefined;
  let seen = 0;

  function lookAt(stretch: Stretch, data: Data, found: FoundSecret): void {
    seen = data.end;
    if (data.end > stretch.to) open = { places: stretch.places, start: data.start - stretch.to };
    const line = Math.max(stretch.from, data.start);
    const text = decoded(stretch, data);
    for (const look of looks) look(text, (secret) => found(secret, line));
  }

  return {
    /** What came from the stretch before. */
    begin(stretch: Stretch, found: FoundSecret): void {
      const before = open;
      open = undefined;
      seen = 0;
      if (before?.places !== stretch.places) return;
      const start = before.start + stretch.from;
      lookAt(stretch, { start, end: runEnd(stretch, stretch.from) }, found);
    },
    /** @param at where a needle is. */
    take(stretch: Stretch, at: number, found: FoundSecret): void {
      const start = stretch.bytes[at] === PEM.charCodeAt(0) ? at : at + PEM.length;
      if (start >= seen) lookAt(stretch, { start, end: runEnd(stretch, start) }, found);
    },
  };
}

function runEnd({ bytes, end }: Stretch, start: number): number {
  let at = start;
  while (at < end && VALUES[bytes[at] ?? 0] !== NONE) at += 1;
  return at;
}

/** With the same bounds, of which a quarter is gone. */
function decoded(stretch: Stretch, { start, end }: Data): Stretch {
  const first = start >= 0 ? start : ((start % 4) + 4) % 4;
  const size = (length: number): number => Math.max(0, Math.floor((length * 3) / 4));
  const bytes = decode(stretch.bytes.subarray(first, end));
  return {
    bytes,
    from: start >= stretch.from ? 0 : size(stretch.from - first),
    to: Math.min(bytes.length, size(stretch.to - first)),
    end: bytes.length,
    places: stretch.places,
  };
}

function decode(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let to = 0;
  for (let at = 0; at < text.length; at += 4) {
    const word =
      (valueAt(text, at) << 18) | (valueAt(text, at + 1) << 12) | (valueAt(text, at + 2) << 6) | valueAt(text, at + 3);
    bytes[to] = word >>> 16;
    bytes[to + 1] = (word >>> 8) & 0xff;
    bytes[to + 2] = word & 0xff;
    to += 3;
  }
  return bytes;
}

function valueAt(text: Uint8Array, at: number): number {
  return VALUES[text[at] ?? 0x41] ?? 0;
}
