import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { CidProfile } from '../../src/domain/listing.ts';
import type { Held } from '../support/dag-content.ts';
import { CORPORA } from '../support/dag-corpora.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import type { AroundThreshold } from './corpora.ts';
import { directoriesAtThreshold, FILE_SIZES, filesAtThreshold, longerTsizeAtThreshold, smallSite } from './corpora.ts';
import { KUBO, KUBO_WITH_PROFILES, kuboRepo } from './kubo.ts';
import { describeWith } from './peers.ts';
import { plantSite } from './planted-site.ts';

// `ipfs add` and a deploy are given the same directory on disk, and must find the same root.

const SITES: Readonly<Record<string, () => Record<string, Held>>> = { 'a small site': smallSite, ...CORPORA };

function eachProfile<Item>(items: readonly Item[]): (readonly [CidProfile, Item])[] {
  return PROFILES.flatMap((profile) => items.map((item) => [profile, item] as const));
}

/** What `pinata-folder` deploys: Kubo keeps empty directories, so it must not see them. */
function withoutEmptyDirectories(tree: Readonly<Record<string, Held>>): Record<string, Held> {
  return Object.fromEntries(Object.entries(tree).filter(([, held]) => held !== null));
}

async function expectSameRoot(
  binary: string,
  profile: CidProfile,
  tree: Readonly<Record<string, Held>>,
): Promise<void> {
  using site = plantSite(tree);
  using keptByKubo = plantSite(profile === 'pinata-folder' ? withoutEmptyDirectories(tree) : {});
  using repo = kuboRepo(binary, profile);
  const { root } = await buildDag(await site.content(), profile);
  expect(root).toBe(repo.add(profile === 'pinata-folder' ? keptByKubo.root : site.root));
}

describeWith(KUBO, 'Kubo adds the same directories under the same roots', (binary) => {
  const sites = eachProfile(Object.entries(SITES)).map(([profile, [name, tree]]) => [profile, name, tree] as const);
  test.for(sites)('%s: %s', async ([profile, , tree]) => {
    await expectSameRoot(binary, profile, tree());
  });

  test.for(PROFILES)('%s: an empty directory', async (profile) => {
    await expectSameRoot(binary, profile, {});
  });

  test.for(PROFILES)('%s: files around one chunk, one node, and one level', async (profile) => {
    await expectSameRoot(
      binary,
      profile,
      Object.fromEntries(FILE_SIZES[profile].map((zeros) => [`${zeros}.bin`, { zeros }])),
    );
  });

  test.for(PROFILES)('%s: single files, without a directory around them', async (profile) => {
    using repo = kuboRepo(binary, profile);
    for (const zeros of FILE_SIZES[profile].filter((bytes) => bytes < 2 ** 28)) {
      using site = plantSite({ 'single.bin': { zeros } });
      const source = join(site.root, 'single.bin');
      const entry = { path: 'single.bin', source, bytes: zeros, kind: 'file' } as const;
      const { root } = await buildDag({ kind: 'file', entry }, profile);
      expect(root, `${zeros} bytes`).toBe(repo.add(source));
    }
  });
});

describeWith(KUBO_WITH_PROFILES, 'Kubo shards the same directories', (binary) => {
  const around: readonly AroundThreshold[] = [
    'exactly at the threshold',
    'one byte over',
    'over by a byte for each name',
  ];

  test.for(eachProfile(around))('%s: a directory of files, %s', async ([profile, how]) => {
    await expectSameRoot(binary, profile, filesAtThreshold(profile, how));
  });

  // Not one byte over: Kubo 0.40 links a sub-directory twice, empty and full, and miscounts the second link by its name.
  // What is over by less than a name may so come out flat, by the number of sub-directories. Here it is over by 4 kB.
  const clearly = around.filter((how) => how !== 'one byte over');
  test.for(eachProfile(clearly))('%s: a directory of directories, %s', async ([profile, how]) => {
    await expectSameRoot(binary, profile, directoriesAtThreshold(profile, how));
  });

  test.for(PROFILES)('%s: a directory with one link whose size needs a byte more', async (profile) => {
    await expectSameRoot(binary, profile, longerTsizeAtThreshold());
  });
});

describeWith(KUBO_WITH_PROFILES, 'Kubo follows links to the same root', (binary) => {
  test.for(PROFILES)('%s: a file and a directory that are links', async (profile) => {
    using site = plantSite({ 'assets/app.js': 'code', 'index.html': 'x' });
    symlinkSync('assets/app.js', join(site.root, 'app.js'));
    symlinkSync('assets', join(site.root, 'static'));
    using repo = kuboRepo(binary, profile);
    const { root } = await buildDag(await site.content(), profile);
    expect(root).toBe(repo.add(site.root, '--dereference-symlinks'));
  });
});
