import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { seededBytes } from '../support/seeded.ts';
import { FILE_SIZES } from './corpora.ts';
import { describeWith, findPeer, runPeer } from './peers.ts';
import { plantSite } from './planted-site.ts';

/** Debian's ipfs-cid, in Rust: CIDv0 of single files. */
const IPFS_CID = findPeer({ name: 'ipfs_cid', variable: 'IPFS_CID_BIN', ask: ['--version'] });

describeWith(IPFS_CID, 'ipfs_cid finds the same CIDs for single files', (binary) => {
  test.for(FILE_SIZES['unixfs-v0-2015'])('unixfs-v0-2015: a file of %i bytes', async (bytes) => {
    using site = plantSite({ 'single.bin': seededBytes(bytes, 5) });
    const source = join(site.root, 'single.bin');
    const content = { kind: 'file', entry: { path: 'single.bin', source, bytes, kind: 'file' } } as const;
    const { root } = await buildDag(content, 'unixfs-v0-2015');
    const printed: unknown = JSON.parse(runPeer(binary, [source]).toString());
    expect(printed).toMatchObject({ CIDv1: root });
  });
});
