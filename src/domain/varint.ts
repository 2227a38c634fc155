/** Unsigned LEB128, as protobuf, multiformats and CAR use it. Values are whole numbers up to 2^53 - 1. */

export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

/** Writes `value` at `at` and returns the position behind it. */
export function writeVarint(target: Uint8Array, value: number, at: number): number {
  let rest = value;
  let position = at;
  while (rest >= 0x80) {
    target[position] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
    position += 1;
  }
  target[position] = rest;
  return position + 1;
}

/** 2^53 - 1 takes no more. */
const MOST_BYTES = 8;

/** The value at `at` and the position behind it; undefined when it is cut off or larger than 2^53 - 1. */
export function readVarint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let unit = 1;
  for (let position = at; position < Math.min(bytes.length, at + MOST_BYTES); position += 1) {
    const byte = bytes[position] ?? 0;
    value += (byte & 0x7f) * unit;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte < 0x80) return { value, end: position + 1 };
    unit *= 0x80;
  }
  return undefined;
}
