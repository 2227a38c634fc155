import { hash } from 'node:crypto';
import { varintLength, writeVarint } from '../../domain/varint.ts';

/** What a link leads to. `cid` is in binary form, below 128 bytes; `tsize` counts the bytes of all blocks from there on. */
export interface Target {
  readonly cid: Uint8Array;
  readonly tsize: number;
}

/** A link of a dag-pb node. */
export interface Link extends Target {
  readonly name: string;
}

/** A node that was encoded: its block, and the SHA-256 digest of it. */
export interface NodeBlock {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}

// Field number and wire type, as one byte. Links (field 2) stand before the payload (field 1): that is the canonical order.
const NODE_PAYLOAD = 0x0a;
const NODE_LINK = 0x12;
const LINK_CID = 0x0a;
const LINK_NAME = 0x12;
const LINK_TSIZE = 0x18;

/** The exact length in bytes of the block that `encodeNode` makes. */
export function nodeLength(links: readonly Link[], payload: Uint8Array): number {
  let length = 1 + varintLength(payload.length) + payload.length;
  for (const link of links) {
    const inner = linkLength(link, Buffer.byteLength(link.name));
    length += 1 + varintLength(inner) + inner;
  }
  return length;
}

/**
 * A dag-pb block of `links`, in the order given, and a UnixFS message. A link without a name carries an empty name
 * (bytes 12 00), as every implementation writes it, although the specification would leave it out.
 */
export function encodeNode(links: readonly Link[], payload: Uint8Array): NodeBlock {
  const bytes = Buffer.allocUnsafeSlow(nodeLength(links, payload));
  let at = 0;
  for (const link of links) at = writeLink(bytes, link, at);
  bytes[at] = NODE_PAYLOAD;
  at = writeVarint(bytes, payload.length, at + 1);
  bytes.set(payload, at);
  return { bytes, digest: hash('sha256', bytes, 'buffer') };
}

function writeLink(target: Buffer, link: Link, at: number): number {
  const nameLength = Buffer.byteLength(link.name);
  target[at] = NODE_LINK;
  let position = writeVarint(target, linkLength(link, nameLength), at + 1);
  target[position] = LINK_CID;
  target[position + 1] = link.cid.length;
  target.set(link.cid, position + 2);
  position += 2 + link.cid.length;
  target[position] = LINK_NAME;
  position = writeVarint(target, nameLength, position + 1);
  position += target.write(link.name, position, 'utf8');
  target[position] = LINK_TSIZE;
  return writeVarint(target, link.tsize, position + 1);
}

function linkLength(link: Link, nameLength: number): number {
  return 4 + link.cid.length + varintLength(nameLength) + nameLength + varintLength(link.tsize);
}
