/**
 * The first 64 bits of murmur3 x64-128 with seed 0, big-endian: what UnixFS shards its directories by. Written with
 * pairs of 32-bit halves because BigInt is several times slower, and each name of a large directory is hashed.
 */

interface Word {
  high: number;
  low: number;
}

const C1: Readonly<Word> = { high: 0x87c37b91, low: 0x114253d5 };
const C2: Readonly<Word> = { high: 0x4cf5ad43, low: 0x2745937f };
const MIX_1: Readonly<Word> = { high: 0xff51afd7, low: 0xed558ccd };
const MIX_2: Readonly<Word> = { high: 0xc4ceb9fe, low: 0x1a85ec53 };

/** The hash of `bytes` as 8 bytes. */
export function murmur3(bytes: Uint8Array): Uint8Array {
  const h1: Word = { high: 0, low: 0 };
  const h2: Word = { high: 0, low: 0 };
  const k1: Word = { high: 0, low: 0 };
  const k2: Word = { high: 0, low: 0 };
  const blocks = bytes.length >> 4;
  for (let block = 0; block < blocks; block += 1) {
    load(k1, bytes, block * 16);
    load(k2, bytes, block * 16 + 8);
    absorb(h1, k1, FIRST);
    add(h1, h2);
    scale5(h1, 0x52dce729);
    absorb(h2, k2, SECOND);
    add(h2, h1);
    scale5(h2, 0x38495ab5);
  }
  load(k1, bytes, blocks * 16);
  load(k2, bytes, blocks * 16 + 8);
  scramble(k2, SECOND);
  xor(h2, k2);
  scramble(k1, FIRST);
  xor(h1, k1);
  h1.low ^= bytes.length;
  h2.low ^= bytes.length;
  add(h1, h2);
  add(h2, h1);
  finish(h1);
  finish(h2);
  add(h1, h2);
  return store(h1);
}

/** How each of the two lanes scrambles its half of a block, and turns its state afterwards. */
interface Lane {
  readonly before: Readonly<Word>;
  readonly after: Readonly<Word>;
  readonly turnBlock: number;
  readonly turnState: number;
}

const FIRST: Lane = { before: C1, after: C2, turnBlock: 31, turnState: 27 };
const SECOND: Lane = { before: C2, after: C1, turnBlock: 33, turnState: 31 };

function scramble(k: Word, lane: Lane): void {
  multiply(k, lane.before);
  rotate(k, lane.turnBlock);
  multiply(k, lane.after);
}

function absorb(h: Word, k: Word, lane: Lane): void {
  scramble(k, lane);
  xor(h, k);
  rotate(h, lane.turnState);
}

function finish(word: Word): void {
  foldHalf(word);
  multiply(word, MIX_1);
  foldHalf(word);
  multiply(word, MIX_2);
  foldHalf(word);
}

/** word ^= word >>> 33 */
function foldHalf(word: Word): void {
  word.low ^= word.high >>> 1;
}

/** Up to 8 bytes, little-endian; what lies behind the end counts as zero. */
function load(word: Word, bytes: Uint8Array, at: number): void {
  word.low = half(bytes, at);
  word.high = half(bytes, at + 4);
}

function half(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function store(word: Readonly<Word>): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let at = 0; at < 4; at += 1) {
    bytes[at] = word.high >>> (24 - 8 * at);
    bytes[at + 4] = word.low >>> (24 - 8 * at);
  }
  return bytes;
}

function xor(word: Word, other: Readonly<Word>): void {
  word.low ^= other.low;
  word.high ^= other.high;
}

function add(word: Word, other: Readonly<Word>): void {
  const low = (word.low >>> 0) + (other.low >>> 0);
  word.high = (word.high + other.high + (low > 0xffffffff ? 1 : 0)) | 0;
  word.low = low | 0;
}

/** word = word * 5 + addend */
function scale5(word: Word, addend: number): void {
  const low = (word.low >>> 0) * 5 + addend;
  word.high = (Math.imul(word.high, 5) + Math.floor(low / 0x100000000)) | 0;
  word.low = low | 0;
}

function multiply(word: Word, other: Readonly<Word>): void {
  const cross = Math.imul(word.high, other.low) + Math.imul(word.low, other.high);
  word.high = (highOfProduct(word.low, other.low) + cross) | 0;
  word.low = Math.imul(word.low, other.low);
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
}

function rotate(word: Word, bits: number): void {
  const { high, low } = word;
  const turn = bits & 31;
  const first = bits < 32 ? high : low;
  const second = bits < 32 ? low : high;
  word.high = (first << turn) | (second >>> (32 - turn));
  word.low = (second << turn) | (first >>> (32 - turn));
}
