import { type Cid, cidFromDigest, DAG_PB_CODEC } from '../../domain/cid.ts';
import { Unreadable } from './unreadable.ts';

/** A block of a CAR under the CID that it is said to have. Its bytes are valid until the next frame is asked for. */
export interface Frame {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
}

/** No block of a sane DAG is larger, and one frame at a time is in memory. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * `end`: the CAR ended after a whole frame. `cut`: in the middle of one. `stopped`: whoever took the frames has enough.
 * `long`: there was more than `maxBytes`.
 */
export type CarEnd = 'end' | 'cut' | 'stopped' | 'long';

export interface CarReading {
  readonly maxBytes: number;
  /** Called with each frame that has a usual CID; false ends the reading. */
  readonly take: (frame: Frame) => boolean;
}

/** Reads a CAR frame by frame while it comes. Throws Unreadable, in words that follow the gateway's name, where it is none. */
export async function readCarStream(body: AsyncIterable<Uint8Array>, { maxBytes, take }: CarReading): Promise<CarEnd> {
  const frames = frameSplitter();
  let isHeader = true;
  let bytes = 0;

  function isEnough(frame: Buffer): boolean {
    if (isHeader) requireHeader(frame);
    const block = isHeader ? undefined : blockOf(frame);
    isHeader = false;
    return block !== undefined && !take(block);
  }

  for await (const chunk of body) {
    for (const frame of frames.split(chunk)) if (isEnough(frame)) return 'stopped';
    bytes += chunk.length;
    if (bytes > maxBytes) return 'long';
  }
  return frames.isBetween() ? 'end' : 'cut';
}

/** Cuts a stream into frames: a length as varint, and so many bytes. */
function frameSplitter() {
  let buffer = Buffer.allocUnsafeSlow(64 * 1024);
  /** Of the varint, as far as it was read. */
  let read = { length: 0, unit: 1 };
  /** Undefined while the length is being read. */
  let expected: number | undefined;
  let filled = 0;

  function takeLength(byte: number): void {
    read = { length: read.length + (byte & 0x7f) * read.unit, unit: read.unit * 0x80 };
    if (read.length > MAX_FRAME_BYTES || read.unit > 2 ** 42) {
      throw new Unreadable(`sent a CAR with a block of more than ${MAX_FRAME_BYTES >> 20} MiB, or no CAR`);
    }
    if (byte >= 0x80) return;
    expected = read.length;
    read = { length: 0, unit: 1 };
    filled = 0;
    if (buffer.length < expected) buffer = Buffer.allocUnsafeSlow(expected);
  }

  return {
    isBetween: () => expected === undefined && read.unit === 1,
    *split(chunk: Uint8Array): Generator<Buffer> {
      for (let at = 0; at < chunk.length; ) {
        if (expected === undefined) {
          takeLength(chunk[at] ?? 0);
          at += 1;
        } else {
          const piece = chunk.subarray(at, at + expected - filled);
          buffer.set(piece, filled);
          at += piece.length;
          filled += piece.length;
        }
        if (filled !== expected) continue;
        expected = undefined;
        yield buffer.subarray(0, filled);
        filled = 0;
      }
    },
  };
}

/** The header is a map in DAG-CBOR with these two keys. */
function requireHeader(frame: Buffer): void {
  if (frame[0] === 0xa2 && frame.includes('roots') && frame.includes('version')) return;
  throw new Unreadable('answered with something else than a CAR');
}

const SHA2_256 = 0x12;
const DIGEST_BYTES = 32;
const CID_V0_BYTES = 34;
const CID_V1_BYTES = 36;

/** Undefined for a CID of another form than nearly all have. */
function blockOf(frame: Buffer): Frame | undefined {
  const [version, codec = 0, hash, length] = frame;
  if (version === SHA2_256 && codec === DIGEST_BYTES && frame.length >= CID_V0_BYTES) {
    return { cid: cidFromDigest(DAG_PB_CODEC, frame.subarray(2, CID_V0_BYTES)), bytes: frame.subarray(CID_V0_BYTES) };
  }
  const isUsual = version === 1 && codec < 0x80 && hash === SHA2_256 && length === DIGEST_BYTES;
  if (!isUsual || frame.length < CID_V1_BYTES) return undefined;
  return { cid: cidFromDigest(codec, frame.subarray(4, CID_V1_BYTES)), bytes: frame.subarray(CID_V1_BYTES) };
}
