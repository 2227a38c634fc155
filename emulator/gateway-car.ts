import * as CarBufferWriter from '@ipld/car/buffer-writer';
import { varint } from 'multiformats';
import type { CID } from 'multiformats/cid';
import { identity } from 'multiformats/hashes/identity';
import { linksInScope, type RequireBlock } from './gateway-dag.ts';

export type DagScope = 'block' | 'entity' | 'all';

export interface CarRequest {
  readonly root: CID;
  readonly scope: DagScope;
  /** Blocks a verifier needs to get from the requested CID down to `root`; they come first. */
  readonly pathCids: readonly CID[];
}

/** A CARv1 with one root, depth first and without duplicates, made block by block as it is read. */
export async function* streamCar(read: RequireBlock, car: CarRequest): AsyncGenerator<Uint8Array> {
  yield encodeHeader(car.root);
  const written = new Set<string>();
  for (const cid of car.pathCids) {
    yield* frameOnce(cid, await read(cid), written);
  }
  // A stack, not recursion: a DAG may be deeper than the call stack. Reversed, so that the first link is next.
  const open = [car.root];
  for (let cid = open.pop(); cid !== undefined; cid = open.pop()) {
    if (!written.has(cid.toString())) {
      const block = await read(cid);
      yield* frameOnce(cid, block, written);
      open.push(...linksInScope(car.scope, cid, block).toReversed());
    }
  }
}

function encodeHeader(root: CID): Uint8Array {
  const roots = [root];
  const buffer = new ArrayBuffer(CarBufferWriter.headerLength({ roots }));
  return CarBufferWriter.createWriter(buffer, { roots }).close();
}

function* frameOnce(cid: CID, block: Uint8Array, written: Set<string>): Generator<Uint8Array> {
  const key = cid.toString();
  // An inline CID is its own block; a CAR does not repeat it.
  if (written.has(key) || cid.multihash.code === identity.code) {
    return;
  }
  written.add(key);
  const bytes = cid.bytes.byteLength + block.byteLength;
  yield Buffer.concat([varint.encodeTo(bytes, new Uint8Array(varint.encodingLength(bytes))), cid.bytes, block]);
}
