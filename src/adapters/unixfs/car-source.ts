import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CarSource } from '../../domain/listing.ts';
import { varintLength, writeVarint } from '../../domain/varint.ts';
import { encodeCarHeader } from './car-header.ts';

/** Reads frames of a CAR, and keeps files open between them. */
export interface FrameReader {
  /** What a frame is made of, in order, checked. Valid until the next call. */
  parts(block: number): readonly Uint8Array[];
  close(): void;
}

export interface CarFrames {
  readonly root: Uint8Array;
  /** The length of each block's frame. */
  readonly lengths: Iterable<number>;
  readonly count: number;
  readonly open: () => FrameReader;
}

const MOST_PIECE_BYTES = 1_048_576;
/** Parts up to this size are copied: that costs less than to send them one by one. */
const GATHER_BYTES = 131_072;

/** The CAR of frames that can be read one by one. Only where they lie is kept, not what they hold. */
export function carSource(frames: CarFrames): CarSource {
  const header = encodeCarHeader(frames.root);
  const offsets = new Float64Array(frames.count + 1);
  let bytes = header.length;
  let block = 0;
  for (const length of frames.lengths) {
    offsets[block] = bytes;
    bytes += length;
    block += 1;
  }
  offsets[frames.count] = bytes;

  /** The header and the parts of the frames around a range, each with its position in the CAR. */
  function* partsAround(start: number, end: number): Generator<readonly [at: number, part: Uint8Array]> {
    yield [0, header];
    const reader = frames.open();
    try {
      for (let frame = firstEndingAfter(offsets, start); (offsets[frame] ?? end) < end; frame += 1) {
        let at = offsets[frame] ?? end;
        for (const part of reader.parts(frame)) {
          yield [at, part];
          at += part.length;
        }
      }
    } finally {
      reader.close();
    }
  }

  return {
    bytes,
    read(start, end) {
      if (start < 0 || end > bytes || start > end) {
        throw new RangeError(`A CAR of ${bytes} bytes has no range ${start}-${end}.`);
      }
      return inPieces(clipped(partsAround(start, end), start, end));
    },
  };
}

/** What of each part lies between two positions. */
function* clipped(parts: Iterable<readonly [number, Uint8Array]>, start: number, end: number): Generator<Uint8Array> {
  for (const [at, part] of parts) {
    if (at < end && at + part.length > start) yield part.subarray(Math.max(0, start - at), end - at);
  }
}

/** Parts for sending: small ones gathered in one buffer, large ones as they lie. Other work may run between them. */
async function* inPieces(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gathered = Buffer.allocUnsafeSlow(GATHER_BYTES);
  let filled = 0;
  for (const part of parts) {
    if (filled > 0 && filled + part.length > GATHER_BYTES) {
      yield gathered.subarray(0, filled);
      await nextTurn();
      filled = 0;
    }
    if (part.length <= GATHER_BYTES) {
      gathered.set(part, filled);
      filled += part.length;
      continue;
    }
    for (let at = 0; at < part.length; at += MOST_PIECE_BYTES) yield part.subarray(at, at + MOST_PIECE_BYTES);
    await nextTurn();
  }
  if (filled > 0) yield gathered.subarray(0, filled);
}

/** The first frame that does not lie wholly before `position`. */
function firstEndingAfter(offsets: Float64Array, position: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle + 1] ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The head of a frame: the length of what follows, then the CID. The block comes behind it. */
export function frameHead(cid: Uint8Array, blockLength: number): Uint8Array {
  const length = cid.length + blockLength;
  const head = new Uint8Array(varintLength(length) + cid.length);
  head.set(cid, writeVarint(head, length, 0));
  return head;
}

export function frameLength(cidLength: number, blockLength: number): number {
  const length = cidLength + blockLength;
  return varintLength(length) + length;
}
