const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
export const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
export const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** @param {Uint8Array} bytes */
export function encodeHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} text */
export function decodeHex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) {
    throw new Error('Hexadecimal text needs an even number of digits from 0 to 9 and a to f.');
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** RFC 4648, lower case, without padding. @param {Uint8Array} bytes */
export function encodeBase32(bytes) {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31];
}

/** @param {string} text */
export function decodeBase32(text) {
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    held = ((held << 5) | digitOf(letter, BASE32)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
    }
  }
  // What is left over must be padding: fewer bits than a letter has, and all of them zero.
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) {
    throw new Error('This base32 text ends in the middle of a byte.');
  }
  return Uint8Array.from(bytes);
}

/**
 * Writes bytes as one large number in the digits of `alphabet`; leading zero bytes become leading zero digits.
 *
 * @param {Uint8Array} bytes
 * @param {string} alphabet
 */
export function encodeNumber(bytes, alphabet) {
  const base = BigInt(alphabet.length);
  let number = BigInt(`0x0${encodeHex(bytes)}`);
  let text = '';
  while (number > 0n) {
    text = alphabet[Number(number % base)] + text;
    number /= base;
  }
  return alphabet[0].repeat(countLeading(bytes, 0)) + text;
}

/**
 * @param {string} text
 * @param {string} alphabet
 */
export function decodeNumber(text, alphabet) {
  const base = BigInt(alphabet.length);
  let number = 0n;
  for (const letter of text) {
    number = number * base + BigInt(digitOf(letter, alphabet));
  }
  const hex = number === 0n ? '' : number.toString(16);
  const zeros = '00'.repeat(countLeading(text, alphabet[0]));
  return decodeHex(zeros + (hex.length % 2 === 0 ? hex : `0${hex}`));
}

/**
 * An unsigned LEB128 number and the offset after it.
 *
 * @param {Uint8Array} bytes
 * @param {number} offset
 */
export function readVarint(bytes, offset) {
  let value = 0;
  for (let index = 0; index < 7; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) {
      break;
    }
    value += (byte & 127) * 128 ** index;
    if (byte < 128) {
      return { value, next: offset + index + 1 };
    }
  }
  throw new Error('A number inside this identifier is cut off.');
}

function digitOf(letter, alphabet) {
  const digit = alphabet.indexOf(letter);
  if (digit < 0) {
    throw new Error(`The letter “${letter}” does not occur in this base.`);
  }
  return digit;
}

function countLeading(items, zero) {
  let count = 0;
  while (count < items.length && items[count] === zero) {
    count += 1;
  }
  return count;
}
