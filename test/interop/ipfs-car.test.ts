import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { base32 } from 'multiformats/bases/base32';
import { expect, test } from 'vitest';
import { writeCar } from '../../src/adapters/unixfs/car-file.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { parseCid } from '../../src/domain/cid.ts';
import { readRange } from '../support/car-blocks.ts';
import { CORPORA } from '../support/dag-corpora.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { smallSite } from './corpora.ts';
import type { Peer } from './peers.ts';
import { describeWith, runPeer } from './peers.ts';
import { contentsOf, plantSite } from './planted-site.ts';

const CLI = join(import.meta.dirname, '../../node_modules/ipfs-car/bin.js');
const IPFS_CAR: Peer = { name: 'ipfs-car', binary: CLI, found: 'ipfs-car of the devDependencies' };

function lines(...args: readonly string[]): string[] {
  return runPeer(process.execPath, [CLI, ...args])
    .toString()
    .trim()
    .split('\n');
}

describeWith(IPFS_CAR, 'ipfs-car agrees', () => {
  test.for(PROFILES)('%s: about the CAR, its root, its blocks and its files', async (profile) => {
    using planted = plantSite(smallSite());
    using place = plantSite({});
    const build = await buildDag(await planted.content(), profile);
    const [car, target] = [join(place.root, 'site.car'), join(place.root, 'unpacked')];
    await writeCar(build.car, car);

    const digest = createHash('sha256')
      .update(await readRange(build.car))
      .digest();
    const carCid = base32.encode(Buffer.concat([Buffer.from([1, 0x82, 0x04, 0x12, 32]), digest]));
    expect(lines('hash', car)).toEqual([carCid]);
    expect(lines('roots', car).map(parseCid)).toEqual([build.root]);
    expect(new Set(lines('blocks', '--verify', car)).size).toBe(build.blocks);
    lines('unpack', car, '--output', target);
    const [unpacked, expected] = [contentsOf(target), contentsOf(planted.root)];
    // Its decoder of names drops a byte order mark at their start.
    const paths = [...build.listing.keys()].filter((path) => !path.includes('\uFEFF'));
    for (const path of paths) expect(unpacked[path], path).toBe(expected[path]);
  });

  // It leaves out empty directories, shards by the number of entries, and makes a single top directory the root.
  test.for(['chunks', 'names'] as const)('about the root of a directory on disk: %s', async (corpus) => {
    using planted = plantSite({ ...CORPORA[corpus]?.(), 'index.html': 'x' });
    using place = plantSite({});
    const { root } = await buildDag(await planted.content(), 'unixfs-v1-2025');
    expect(lines('pack', '--hidden', '--output', join(place.root, 'packed.car'), planted.root)).toEqual([root]);
  });
});
