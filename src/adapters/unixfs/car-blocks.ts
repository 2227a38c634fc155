import { hash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/file-trouble.ts';
import { readVarint } from '../../domain/varint.ts';
import type { BuildOptions } from './breather.ts';
import { createBreather } from './breather.ts';
import { parseCarHeader } from './car-header.ts';
import { SHA2_256 } from './cid-bytes.ts';
import type { CidTable } from './cid-table.ts';
import { cidTable } from './cid-table.ts';
import type { OpenFile, Span } from './source-file.ts';
import { readSpan } from './source-file.ts';

export const IDENTITY = 0x00;

/** Where the blocks of a CAR lie. The number of a block is that of its CID in `table`; inline blocks have none. */
export interface CarBlocks {
  readonly root: CID;
  readonly table: CidTable;
  readonly spans: readonly Span[];
  readonly versions: readonly (0 | 1)[];
}

/** More than any node of the network accepts; a longer frame is rather garbage than a block. */
const MOST_BLOCK_BYTES = 4_194_304;
const MOST_HEADER_BYTES = 65_536;
/** Enough for the length of a frame and its CID. */
const HEAD_BYTES = 256;

const HASH_NAMES: Readonly<Record<number, string>> = {
  19: 'sha2-512',
  20: 'sha3-512',
  22: 'sha3-256',
  27: 'keccak-256',
  30: 'blake3',
  45600: 'blake2b-256',
};

export function brokenCar(path: string, what: string): ActionError {
  return new ActionError('content', `${quoted(path)} is not a CAR that can be deployed: ${what}.`, {
    hint: 'Make it again as a CARv1 with one root and every block below it.',
  });
}

/** Reads a CAR from end to end and checks every block against its CID. A block that occurs again is passed over. */
export async function indexCar(open: OpenFile, options: BuildOptions): Promise<CarBlocks> {
  const { path } = open.file;
  const breather = createBreather(options);
  const buffer = Buffer.allocUnsafeSlow(MOST_BLOCK_BYTES + 1);
  const table = cidTable(1024);
  const spans: Span[] = [];
  const versions: (0 | 1)[] = [];
  const header = readHeader(open);
  for (let at = header.end; at < open.bytes; ) {
    const { cid, span } = readFrameHead(open, at);
    const block = readBlock(open, span, buffer);
    assertHash(path, cid, block);
    const known = table.size();
    if (cid.multihash.code !== IDENTITY && table.add(cid.code, cid.multihash.digest) === known) {
      spans.push(span);
      versions.push(cid.version);
    }
    at = span.position + span.length;
    if (breather.after(span.length)) await breather.pause();
  }
  await breather.pause();
  return { root: header.root, table, spans, versions };
}

/** Reads a block to the start of `buffer`, which has room for one byte more. */
export function readBlock(open: OpenFile, span: Span, buffer: Buffer): Buffer {
  readSpan(open, span, { buffer, at: 0, ends: span.position + span.length === open.bytes });
  return buffer.subarray(0, span.length);
}

function readHeader(open: OpenFile): { readonly root: CID; readonly end: number } {
  const { path } = open.file;
  const start = readStart(open, 0, MOST_HEADER_BYTES);
  const length = readVarint(start, 0);
  const header =
    length === undefined ? undefined : parseCarHeader(start.subarray(length.end, length.end + length.value));
  if (length === undefined || header === undefined) throw brokenCar(path, 'it does not begin like one');
  if (header.version !== 1) throw brokenCar(path, `it has version ${header.version}, and only CARv1 is accepted`);
  const [root] = header.roots;
  if (root === undefined || header.roots.length > 1) {
    throw brokenCar(path, `it has ${header.roots.length} roots, and a deployment has exactly one`);
  }
  const cid = decodeCid(root);
  if (cid === undefined) throw brokenCar(path, 'its root is not a CID');
  if (cid.multihash.code === IDENTITY)
    throw brokenCar(path, 'its root holds its content itself, so there is nothing to pin');
  return { root: cid, end: length.end + length.value };
}

function readFrameHead(open: OpenFile, at: number): { readonly cid: CID; readonly span: Span } {
  const { path } = open.file;
  const head = readStart(open, at, HEAD_BYTES);
  const length = readVarint(head, 0);
  const cid = length === undefined ? undefined : decodeCid(head.subarray(length.end));
  if (length === undefined || cid === undefined) throw brokenCar(path, `at byte ${at} there is no block`);
  const blockLength = length.value - cid.byteLength;
  if (at + length.end + length.value > open.bytes) throw brokenCar(path, `it ends within the block at byte ${at}`);
  if (blockLength < 0 || blockLength > MOST_BLOCK_BYTES) {
    throw brokenCar(path, `the block ${cid} has an impossible length`);
  }
  return { cid, span: { position: at + length.end + cid.byteLength, length: blockLength } };
}

/** Up to `length` bytes from `position`, as many as the file has. */
function readStart(open: OpenFile, position: number, length: number): Buffer {
  const present = Math.min(length, open.bytes - position);
  const buffer = Buffer.alloc(present);
  readSpan(open, { position, length: present }, { buffer, at: 0, ends: false });
  return buffer;
}

/** The CID that `bytes` begin with. */
export function decodeCid(bytes: Uint8Array): CID | undefined {
  try {
    return CID.decodeFirst(bytes)[0];
  } catch {
    return undefined;
  }
}

/** Fails unless the CID is one that can be checked: SHA-256 in full, or its content itself. */
export function assertCheckable(path: string, cid: CID): void {
  const { code, digest } = cid.multihash;
  if (code !== SHA2_256 && code !== IDENTITY) {
    const name = HASH_NAMES[code] ?? `0x${code.toString(16)}`;
    throw brokenCar(path, `the block ${cid} is hashed with ${name}, and only sha2-256 is accepted`);
  }
  if (code === SHA2_256 && digest.length !== 32)
    throw brokenCar(path, `the block ${cid} has a digest of ${digest.length} bytes`);
}

/** Fails unless `block` is what `cid` says. */
export function assertHash(path: string, cid: CID, block: Uint8Array): void {
  assertCheckable(path, cid);
  const { code, digest } = cid.multihash;
  const actual = code === IDENTITY ? block : hash('sha256', block, 'buffer');
  if (Buffer.compare(actual, digest) !== 0) throw brokenCar(path, `the block ${cid} has other bytes than its CID says`);
}
