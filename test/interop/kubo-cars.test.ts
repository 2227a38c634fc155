import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCar } from '../../src/adapters/unixfs/car-file.ts';
import { readCar } from '../../src/adapters/unixfs/car-reader.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { parseCid } from '../../src/domain/cid.ts';
import type { Held } from '../support/dag-content.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { filesAtThreshold, smallSite } from './corpora.ts';
import { KUBO, kuboRepo } from './kubo.ts';
import { describeWith } from './peers.ts';
import { contentsOf, plantSite } from './planted-site.ts';

// What we write, Kubo imports into an empty repository that is never online; what Kubo writes, we read.

const SITES: Readonly<Record<string, () => Record<string, Held>>> = {
  'a small site': smallSite,
  'a sharded directory': () => filesAtThreshold('unixfs-v0-2015', 'over by a byte for each name'),
  'nothing at all': () => ({}),
};
const EACH_SITE = PROFILES.flatMap((profile) =>
  Object.entries(SITES).map(([name, tree]) => [profile, name, tree] as const),
);

/** Lines of JSON, as `ipfs --enc=json` prints them. */
function jsonLines(printed: Buffer): unknown[] {
  return printed
    .toString()
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describeWith(KUBO, 'Kubo imports the CARs that are uploaded', (binary) => {
  test.for(EACH_SITE)('%s: %s comes back byte for byte', async ([profile, , tree]) => {
    using planted = plantSite(tree());
    using place = plantSite({});
    using repo = kuboRepo(binary, profile);
    const build = await buildDag(await planted.content(), profile);
    const [car, target] = [join(place.root, 'site.car'), join(place.root, 'got')];
    await writeCar(build.car, car);

    const [imported, stats] = jsonLines(repo.run('dag', 'import', '--stats', '--enc=json', car));
    expect(imported).toMatchObject({ Root: { PinErrorMsg: '' } });
    expect(stats).toMatchObject({ Stats: { BlockCount: build.blocks } });
    const pinned = repo.run('pin', 'ls', '--type=recursive', '--quiet').toString().split('\n');
    expect(pinned.map(parseCid)).toContain(build.root);

    repo.run('get', '--output', target, build.root);
    const expected = contentsOf(planted.root);
    const kept = Object.entries(expected).filter(([path]) => profile !== 'pinata-folder' || !isEmptyIn(expected, path));
    expect(contentsOf(target)).toEqual(Object.fromEntries(kept));
  });

  test.for(PROFILES)('%s: one file of the CAR is printed by its path', async (profile) => {
    using planted = plantSite(filesAtThreshold(profile, 'one byte over'));
    using place = plantSite({ 'content.txt': '' });
    using repo = kuboRepo(binary, profile);
    writeFileSync(join(planted.root, 'd', 'ünï codé?.txt'), 'found');
    const build = await buildDag(await planted.content(), profile);
    const car = join(place.root, 'site.car');
    await writeCar(build.car, car);
    repo.run('dag', 'import', car);
    expect(repo.run('cat', `${build.root}/d/ünï codé?.txt`).toString()).toBe('found');
  });
});

/** Whether `path` is a directory without a file anywhere below it. */
function isEmptyIn(contents: Readonly<Record<string, string>>, path: string): boolean {
  return !Object.entries(contents).some(
    ([other, held]) => held !== '/' && (other === path || other.startsWith(`${path}/`)),
  );
}

describeWith(KUBO, 'CARs that Kubo exports can be deployed', (binary) => {
  test.for(EACH_SITE)('%s: %s has the same root, files and blocks', async ([profile, , tree]) => {
    using planted = plantSite(tree());
    using place = plantSite({});
    using repo = kuboRepo(binary, profile);
    const content = await planted.content();
    const ours = await buildDag(content, profile);
    // Kubo keeps the empty directories that pinata-folder leaves out, so its own root is the one to meet there.
    const root = repo.add(planted.root) ?? '';
    const car = join(place.root, 'exported.car');
    writeFileSync(car, repo.run('dag', 'export', '--progress=false', root));

    const read = await readCar(car, profile);
    expect(read.root).toBe(root);
    expect(new Map([...read.listing].sort())).toEqual(new Map([...ours.listing].sort()));
    expect(read.bytes).toBe(ours.bytes);
    const below = repo.run('refs', '--recursive', '--unique', root).toString().split('\n').filter(Boolean);
    expect(read.blocks).toBe(new Set([root, ...below.map(parseCid)]).size);
  });
});
