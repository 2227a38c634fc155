import { CarBlockIterator } from '@ipld/car/iterator';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { identity } from 'multiformats/hashes/identity';
import { sha256, sha512 } from 'multiformats/hashes/sha2';
import { Refusal } from './answer.ts';
import type { Blocks } from './blocks.ts';
import type { Imported } from './unixfs-import.ts';

/** A stored CAR and what its root is. */
export interface ImportedCar extends Imported {
  /** Bytes of the files' content. */
  readonly size: number;
  readonly numberOfFiles: number;
  readonly isDirectory: boolean;
}

/** What is remembered of a block once it is stored: enough to walk and to measure the DAG. */
interface SeenBlock {
  readonly bytes: number;
  /** `undefined` for leaves. */
  readonly node?: { readonly links: readonly string[]; readonly isDirectory: boolean; readonly fileSize: number };
}

const hashers = [sha256, sha512, identity];

/**
 * Stores the blocks of a CAR as they come. Throws 400 unless it is a version 1 CAR with one root, every block has the
 * hash its CID says, and everything below the root is in it. Repeated blocks are tolerated.
 */
export async function importCar(source: AsyncIterable<Uint8Array>, blocks: Blocks): Promise<ImportedCar> {
  const car = await readHeader(source);
  const [root, ...others] = await car.getRoots();
  if (root === undefined || others.length > 0) throw invalidCar(`it has ${others.length + (root ? 1 : 0)} roots`);
  const seen = new Map<string, SeenBlock>();
  const writes = new Set<Promise<unknown>>();
  for await (const { cid, bytes } of readBlocks(car)) {
    const key = cid.toString();
    if (seen.has(key)) continue;
    await verifyHash(cid, bytes);
    seen.set(key, inspectBlock(cid, bytes));
    const write = blocks.put(cid, bytes).finally(() => writes.delete(write));
    writes.add(write);
    if (writes.size >= 16) await Promise.race(writes);
  }
  await Promise.all(writes);
  return { root, ...measure(root.toString(), seen) };
}

async function readHeader(source: AsyncIterable<Uint8Array>): Promise<CarBlockIterator> {
  try {
    const car = await CarBlockIterator.fromIterable(source);
    if (car.version !== 1) throw new Error(`its version is ${car.version}`);
    return car;
  } catch (error) {
    throw invalidCar(error instanceof Error ? error.message : String(error));
  }
}

async function* readBlocks(car: CarBlockIterator): AsyncGenerator<{ cid: CID; bytes: Uint8Array }> {
  try {
    yield* car;
  } catch (error) {
    throw invalidCar(error instanceof Error ? error.message : String(error));
  }
}

async function verifyHash(cid: CID, bytes: Uint8Array): Promise<void> {
  const hasher = hashers.find(({ code }) => code === cid.multihash.code);
  if (hasher === undefined) throw invalidCar(`the hash function of block ${cid.toString()} is not supported`);
  const { digest } = await hasher.digest(bytes);
  if (!Buffer.from(digest).equals(cid.multihash.digest)) {
    throw invalidCar(`block ${cid.toString()} does not have the bytes its CID says`);
  }
}

function inspectBlock(cid: CID, bytes: Uint8Array): SeenBlock {
  if (cid.code === raw.code) return { bytes: bytes.byteLength };
  if (cid.code !== dagPb.code) throw invalidCar(`block ${cid.toString()} is neither raw nor dag-pb`);
  try {
    const { Links, Data } = dagPb.decode(bytes);
    const unixfs = Data === undefined ? undefined : UnixFS.unmarshal(Data);
    return {
      bytes: bytes.byteLength,
      node: {
        links: Links.map((link) => link.Hash.toString()),
        isDirectory: unixfs?.isDirectory() ?? false,
        fileSize: Number(unixfs?.fileSize() ?? 0),
      },
    };
  } catch (cause) {
    throw invalidCar(`block ${cid.toString()} is not UnixFS: ${cause instanceof Error ? cause.message : ''}`);
  }
}

type Measure = Omit<ImportedCar, 'root'>;

/** Walks everything below the root once; throws 400 for a block that is missing. */
function measure(root: string, seen: ReadonlyMap<string, SeenBlock>): Measure {
  const measured = new Map<string, Measure>();
  const visit = (cid: string): Measure => {
    const known = measured.get(cid);
    if (known !== undefined) return known;
    const block = seen.get(cid);
    if (block === undefined) throw invalidCar(`block ${cid} is missing below its root`);
    const result = combine(block, (block.node?.links ?? []).map(visit));
    measured.set(cid, result);
    return result;
  };
  return visit(root);
}

function combine({ bytes, node }: SeenBlock, below: readonly Measure[]): Measure {
  const sum = (pick: (measure: Measure) => number): number => below.reduce((total, child) => total + pick(child), 0);
  const blockBytes = bytes + sum((child) => child.blockBytes);
  if (node === undefined) return { blockBytes, size: bytes, numberOfFiles: 1, isDirectory: false };
  if (!node.isDirectory) return { blockBytes, size: node.fileSize, numberOfFiles: 1, isDirectory: false };
  return {
    blockBytes,
    size: sum((child) => child.size),
    numberOfFiles: sum((child) => child.numberOfFiles),
    isDirectory: true,
  };
}

function invalidCar(reason: string): Refusal {
  return new Refusal(400, `Invalid CAR: ${reason}`);
}
