import { CarReader } from '@ipld/car';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';

/** Anything that serves a CAR by ranges. */
export interface RangedCar {
  readonly bytes: number;
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export async function readRange(car: RangedCar, start = 0, end = car.bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of car.read(start, end)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** A block as other people's decoders understand it. */
export interface DecodedBlock {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly links: readonly { readonly name: string; readonly cid: string; readonly tsize: number }[];
}

/** All blocks of a CAR by the text of their CIDs, in the order of the CAR. */
export async function decodedBlocks(car: RangedCar): Promise<ReadonlyMap<string, DecodedBlock>> {
  const reader = await CarReader.fromBytes(await readRange(car));
  const blocks = new Map<string, DecodedBlock>();
  for await (const { cid, bytes } of reader.blocks()) blocks.set(cid.toString(), decodeBlock(cid, bytes));
  return blocks;
}

function decodeBlock(cid: CID, bytes: Uint8Array): DecodedBlock {
  if (cid.code !== dagPb.code) return { bytes, type: 'leaf', links: [] };
  const node = dagPb.decode(bytes);
  return {
    bytes,
    type: node.Data === undefined ? '' : UnixFS.unmarshal(node.Data).type,
    links: node.Links.map(({ Name, Hash, Tsize }) => ({ name: Name ?? '', cid: Hash.toString(), tsize: Tsize ?? 0 })),
  };
}
