import { decodeHex, encodeHex, readVarint } from './bytes.js';
import { decodeCid, toV1Bytes } from './cid.js';

/**
 * The content hash record of an ENS name: a namespace code, then a CIDv1.
 * https://eips.ethereum.org/EIPS/eip-1577
 */
const NAMESPACES = new Map([
  [0xe3, 'ipfs'],
  [0xe5, 'ipns'],
]);

/** Namespaces that are no IPFS, so that they can be named when somebody pastes one. */
const FOREIGN = new Map([
  [0xe4, 'Swarm'],
  [0x01bc, 'an onion service'],
  [0x01bd, 'an onion service'],
  [0xb29910, 'Arweave'],
  [0xb19910, 'Arweave'],
]);

/**
 * @param {import('./cid.js').Cid} cid
 * @param {'ipfs' | 'ipns'} namespace
 */
export function encodeContenthash(cid, namespace) {
  return `0x${namespace === 'ipfs' ? 'e301' : 'e501'}${encodeHex(toV1Bytes(cid))}`;
}

/**
 * Reads a content hash, with or without `0x`. Throws an Error that says, for people, what is wrong.
 *
 * @param {string} text
 */
export function decodeContenthash(text) {
  const bytes = decodeHex(text.replace(/^0x/i, ''));
  const code = readVarint(bytes, 0);
  const namespace = NAMESPACES.get(code.value);
  if (namespace === undefined) {
    const foreign = FOREIGN.get(code.value);
    throw new Error(
      foreign === undefined
        ? 'A content hash for IPFS starts with 0xe301 or 0xe501.'
        : `This content hash belongs to ${foreign}, not to IPFS.`,
    );
  }
  return { cid: decodeCid(bytes.slice(code.next)), namespace };
}
