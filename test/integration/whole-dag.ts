import { CarReader } from '@ipld/car';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { type Cid, cidOf } from '../../src/domain/cid.ts';
import type { Build, CidProfile } from '../../src/domain/listing.ts';
import { readRange } from '../support/car-blocks.ts';
import { dagContent } from '../support/dag-content.ts';
import type { Tree } from './tree-pairs.ts';

/** A build with every block of it, in the order of its CAR. */
export interface WholeDag {
  readonly build: Build;
  readonly car: Buffer;
  readonly blocks: ReadonlyMap<Cid, Uint8Array>;
}

export async function wholeDag(tree: Tree, profile: CidProfile = 'unixfs-v1-2025'): Promise<WholeDag> {
  using content = dagContent();
  const build = await buildDag({ kind: 'directory', entries: content.entries(tree) }, profile);
  const car = await readRange(build.car);
  const blocks = new Map<Cid, Uint8Array>();
  for await (const { cid, bytes } of (await CarReader.fromBytes(car)).blocks()) blocks.set(cidOf(cid), bytes);
  return { build, car, blocks };
}
