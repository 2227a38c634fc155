/** What the header of a CAR says; a root is a CID in binary form. */
export interface CarHeader {
  readonly version: number;
  readonly roots: readonly Uint8Array[];
}

/** The CARv1 header: its length, then `{ roots: [root], version: 1 }` in DAG-CBOR. */
export function encodeCarHeader(root: Uint8Array): Uint8Array {
  const map = Buffer.from([
    ...[0xa2, 0x65, ...Buffer.from('roots')],
    ...[0x81, 0xd8, 0x2a, 0x58, root.length + 1, 0x00, ...root],
    ...[0x67, ...Buffer.from('version'), 0x01],
  ]);
  return Buffer.concat([Buffer.of(map.length), map]);
}

/** The DAG-CBOR of a header, without its length; undefined when it is something else. */
export function parseCarHeader(cbor: Uint8Array): CarHeader | undefined {
  const cursor = { cbor, at: 0 };
  const map = readHead(cursor);
  if (map?.major !== MAP) return undefined;
  let version: number | undefined;
  let roots: readonly Uint8Array[] | undefined = [];
  for (let pair = 0; pair < map.value; pair += 1) {
    const key = readBytes(cursor, TEXT)?.toString();
    if (key === 'version') version = readNumber(cursor);
    else if (key === 'roots') roots = readRoots(cursor);
    else return undefined;
  }
  return version === undefined || roots === undefined ? undefined : { version, roots };
}

interface Cursor {
  readonly cbor: Uint8Array;
  at: number;
}

const UNSIGNED = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const CID_TAG = 42;

/** The type of the next item and its number: a value, a length or a count. Those in a header take at most two bytes. */
function readHead(cursor: Cursor): { readonly major: number; readonly value: number } | undefined {
  const first = cursor.cbor[cursor.at];
  if (first === undefined) return undefined;
  cursor.at += 1;
  const major = first >> 5;
  const short = first & 31;
  if (short < 24) return { major, value: short };
  const width = { 24: 1, 25: 2 }[short];
  if (width === undefined || cursor.at + width > cursor.cbor.length) return undefined;
  const value = Buffer.from(cursor.cbor.buffer, cursor.cbor.byteOffset + cursor.at, width).readUIntBE(0, width);
  cursor.at += width;
  return { major, value };
}

function readNumber(cursor: Cursor): number | undefined {
  const head = readHead(cursor);
  return head?.major === UNSIGNED ? head.value : undefined;
}

function readBytes(cursor: Cursor, major: number): Buffer | undefined {
  const head = readHead(cursor);
  if (head?.major !== major || cursor.at + head.value > cursor.cbor.length) return undefined;
  cursor.at += head.value;
  return Buffer.from(cursor.cbor.subarray(cursor.at - head.value, cursor.at));
}

function readRoots(cursor: Cursor): Uint8Array[] | undefined {
  const array = readHead(cursor);
  if (array?.major !== ARRAY) return undefined;
  const roots: Uint8Array[] = [];
  for (let index = 0; index < array.value; index += 1) {
    const tag = readHead(cursor);
    const link = tag?.major === TAG && tag.value === CID_TAG ? readBytes(cursor, BYTES) : undefined;
    // In DAG-CBOR a zero byte, multibase's identity, stands before a binary CID.
    if (link?.[0] !== 0) return undefined;
    roots.push(link.subarray(1));
  }
  return roots;
}
