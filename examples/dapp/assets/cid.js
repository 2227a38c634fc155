import {
  BASE36,
  BASE58,
  decodeBase32,
  decodeHex,
  decodeNumber,
  encodeBase32,
  encodeHex,
  encodeNumber,
  readVarint,
} from './bytes.js';

const DAG_PB = 0x70;
const IDENTITY = 0x00;
const SHA2_256 = 0x12;

/** The codecs met on IPFS; others are shown by number. https://github.com/multiformats/multicodec */
const CODEC_NAMES = new Map([
  [0x51, 'cbor'],
  [0x55, 'raw'],
  [DAG_PB, 'dag-pb'],
  [0x71, 'dag-cbor'],
  [0x72, 'libp2p-key'],
  [0x78, 'git-raw'],
  [0x85, 'dag-jose'],
  [0x90, 'eth-block'],
  [0x0129, 'dag-json'],
  [0x0200, 'json'],
]);

const HASH_NAMES = new Map([
  [IDENTITY, 'identity'],
  [0x11, 'sha1'],
  [SHA2_256, 'sha2-256'],
  [0x13, 'sha2-512'],
  [0x16, 'sha3-256'],
  [0x1b, 'keccak-256'],
  [0x1e, 'blake3'],
  [0xb220, 'blake2b-256'],
]);

const MULTIBASES = new Map([
  ['b', { name: 'base32', decode: decodeBase32 }],
  ['B', { name: 'base32upper', decode: (text) => decodeBase32(lowered(text)) }],
  ['k', { name: 'base36', decode: (text) => decodeNumber(text, BASE36) }],
  ['K', { name: 'base36upper', decode: (text) => decodeNumber(lowered(text), BASE36) }],
  ['z', { name: 'base58btc', decode: (text) => decodeNumber(text, BASE58) }],
  ['f', { name: 'base16', decode: decodeHex }],
  ['F', { name: 'base16upper', decode: decodeHex }],
]);

/**
 * @typedef {object} Cid
 * @property {0 | 1} version
 * @property {number} codec
 * @property {number} hash
 * @property {Uint8Array} digest
 * @property {Uint8Array} bytes the identifier as it was encoded: a bare multihash for version 0
 * @property {string} base the multibase it was written in
 */

/**
 * Reads a CID in any of the bases above. Throws an Error that says, for people, what is wrong.
 *
 * @param {string} text
 * @returns {Cid}
 */
export function parseCid(text) {
  if (/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/.test(text)) {
    return { ...decodeCid(decodeNumber(text, BASE58)), base: 'base58btc' };
  }
  const base = MULTIBASES.get(text.charAt(0));
  if (base === undefined || text.length < 2) {
    throw new Error('A CID starts with Qm (version 0) or with a letter for its base: b, k, z or f.');
  }
  const cid = decodeCid(base.decode(text.slice(1)));
  if (cid.version === 0) {
    throw new Error('A CID of version 0 is written without a letter for its base.');
  }
  return { ...cid, base: base.name };
}

/**
 * Reads a binary CID.
 *
 * @param {Uint8Array} bytes
 * @returns {Cid}
 */
export function decodeCid(bytes) {
  if (bytes.length === 34 && bytes[0] === SHA2_256 && bytes[1] === 32) {
    return { version: 0, codec: DAG_PB, hash: SHA2_256, digest: bytes.slice(2), bytes, base: 'binary' };
  }
  const version = readVarint(bytes, 0);
  if (version.value !== 1) {
    throw new Error(`There is no CID version ${version.value}.`);
  }
  const codec = readVarint(bytes, version.next);
  const hash = readVarint(bytes, codec.next);
  const length = readVarint(bytes, hash.next);
  const digest = bytes.slice(length.next);
  if (digest.length !== length.value) {
    throw new Error(`The digest should have ${length.value} bytes, but ${digest.length} are there.`);
  }
  return { version: 1, codec: codec.value, hash: hash.value, digest, bytes, base: 'binary' };
}

/** @param {Cid} cid */
export function toV1Bytes(cid) {
  return cid.version === 1 ? cid.bytes : Uint8Array.of(1, DAG_PB, ...cid.bytes);
}

/** Base32, the spelling everybody expects. @param {Cid} cid */
export function toBase32(cid) {
  return `b${encodeBase32(toV1Bytes(cid))}`;
}

/** The shortest spelling without upper case: it fits a DNS label where base32 does not. @param {Cid} cid */
export function toBase36(cid) {
  return `k${encodeNumber(toV1Bytes(cid), BASE36)}`;
}

/** @param {Cid} cid */
export function toBase58(cid) {
  return `z${encodeNumber(toV1Bytes(cid), BASE58)}`;
}

/** @param {Cid} cid */
export function toBase16(cid) {
  return `f${encodeHex(toV1Bytes(cid))}`;
}

/** Version 0, or undefined: only dag-pb with a whole sha2-256 digest has one. @param {Cid} cid */
export function toV0(cid) {
  if (cid.codec !== DAG_PB || cid.hash !== SHA2_256 || cid.digest.length !== 32) {
    return undefined;
  }
  return encodeNumber(Uint8Array.of(SHA2_256, 32, ...cid.digest), BASE58);
}

/** @param {number} code */
export function codecName(code) {
  return CODEC_NAMES.get(code) ?? `codec 0x${code.toString(16)}`;
}

/** @param {number} code */
export function hashName(code) {
  return HASH_NAMES.get(code) ?? `hash 0x${code.toString(16)}`;
}

/**
 * The version 1 bytes cut into their fields, in order.
 *
 * @param {Cid} cid
 */
export function cutIntoFields(cid) {
  const bytes = toV1Bytes(cid);
  const codec = readVarint(bytes, 1);
  const hash = readVarint(bytes, codec.next);
  const length = readVarint(bytes, hash.next);
  return [
    { field: 'version', hex: encodeHex(bytes.slice(0, 1)), meaning: 'CIDv1' },
    { field: 'codec', hex: encodeHex(bytes.slice(1, codec.next)), meaning: codecName(cid.codec) },
    { field: 'hash', hex: encodeHex(bytes.slice(codec.next, hash.next)), meaning: hashName(cid.hash) },
    { field: 'length', hex: encodeHex(bytes.slice(hash.next, length.next)), meaning: `${cid.digest.length} bytes` },
    { field: 'digest', hex: encodeHex(cid.digest), meaning: digestMeaning(cid) },
  ];
}

function digestMeaning(cid) {
  return cid.hash === IDENTITY ? 'the content itself, not hashed' : 'fingerprint of the block';
}

function lowered(text) {
  if (text !== text.toUpperCase()) {
    throw new Error('An upper-case base allows no lower-case letters.');
  }
  return text.toLowerCase();
}
