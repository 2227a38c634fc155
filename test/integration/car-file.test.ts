import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseCarInside, writeCar } from '../../src/adapters/unixfs/car-file.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { parseCid } from '../../src/domain/cid.ts';
import { readRange } from '../support/car-blocks.ts';
import { dagContent } from '../support/dag-content.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { refusal } from '../support/refusal.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const IPFS_CAR = join(import.meta.dirname, '../../node_modules/ipfs-car/bin.js');

function ipfsCar(...args: readonly string[]): string[] {
  return execFileSync(process.execPath, [IPFS_CAR, ...args], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

async function builtIn(content: ReturnType<typeof dagContent>, profile: (typeof PROFILES)[number] = 'unixfs-v1-2025') {
  const entries = content.entries({
    'index.html': 'hello',
    'café/\u{1F338}.txt': 'unicode',
    'film.bin': seededBytes(1_500_000, 3),
    empty: '',
    ...Object.fromEntries(
      Array.from({ length: 1200 }, (_, index) => [`pages/${'a-long-name-'.repeat(20)}${index}`, 'x']),
    ),
  });
  return buildDag({ kind: 'directory', entries }, profile);
}

test.for(PROFILES)('%s: ipfs-car finds the root, and every block as its CID says', async (profile) => {
  using content = dagContent();
  const build = await builtIn(content, profile);
  const path = join(content.directory, 'out.car');
  await writeCar(build.car, path);
  expect(ipfsCar('roots', path).map(parseCid)).toEqual([build.root]);
  expect(new Set(ipfsCar('blocks', path)).size).toBe(build.blocks);
});

test('ipfs-car unpacks the same bytes', async () => {
  using content = dagContent();
  const build = await builtIn(content);
  const path = join(content.directory, 'out.car');
  const target = join(content.directory, 'unpacked');
  await writeCar(build.car, path);
  ipfsCar('unpack', path, '--output', target);
  expect(readdirSync(join(target, 'pages'))).toHaveLength(1200);
  expect(readFileSync(join(target, 'film.bin')).equals(seededBytes(1_500_000, 3))).toBe(true);
  expect(readFileSync(join(target, 'café', '\u{1F338}.txt'), 'utf8')).toBe('unicode');
  expect(readFileSync(join(target, 'empty')).length).toBe(0);
});

test('the file has exactly the bytes of the CAR and takes the place of an older one', async () => {
  using content = dagContent();
  const { car } = await builtIn(content);
  const directory = join(content.directory, 'out');
  mkdirSync(directory);
  const path = join(directory, 'site.car');
  writeFileSync(path, 'older');
  await writeCar(car, path);
  expect(readFileSync(path).equals(await readRange(car))).toBe(true);
  expect(readdirSync(directory)).toEqual(['site.car']);
});

test('a path that cannot be written is an input error that names car-file, and leaves nothing behind', async () => {
  using content = dagContent();
  const { car } = await builtIn(content);
  const path = join(content.directory, 'missing', 'site.car');
  expect(await refusal(writeCar(car, path))).toMatch(/^input: car-file ".*missing.*" could not be written \(ENOENT\)/);
  const before = readdirSync(content.directory);
  const taken = join(content.directory, 'taken');
  mkdirSync(taken);
  expect(await refusal(writeCar(car, taken))).toMatch(/^input: car-file ".*taken" could not be written/);
  expect(readdirSync(content.directory)).toEqual([...before, 'taken'].toSorted());
});

test.runIf(existsSync('/dev/full'))('a full disk is an input error that says so', async () => {
  using content = dagContent();
  const { car } = await builtIn(content);
  expect(await refusal(writeCar(car, '/dev/full'))).toBe(
    'input: car-file "/dev/full" could not be written (the disk is full).',
  );
  expect(existsSync('/dev/full')).toBe(true);
});

test('when a file of the build has changed, it is named, and the older CAR stays', async () => {
  using content = dagContent();
  const build = await builtIn(content);
  const directory = join(content.directory, 'out');
  mkdirSync(directory);
  writeFileSync(join(directory, 'site.car'), 'older');
  const [film] = content.entries({ 'film.bin': seededBytes(1_500_000, 3) });
  truncateSync(film?.source ?? '', 10);
  expect(await refusal(writeCar(build.car, join(directory, 'site.car')))).toMatch(/^content: "film.bin" changed/);
  expect(readdirSync(directory)).toEqual(['site.car']);
  expect(readFileSync(join(directory, 'site.car'), 'utf8')).toBe('older');
});

test('a CAR inside the directory it is made of is refused, also through a link', () => {
  using tree = tempTree({ 'site/index.html': 'x', 'out/keep': '', inside: { link: 'site' } });
  for (const path of ['site/site.car', 'site', 'inside/new/deeper.car']) {
    expect(() => refuseCarInside(`${tree.root}/site`, `${tree.root}/${path}`), path).toThrow(
      /car-file must be outside of path/,
    );
  }
  for (const path of ['site.car', 'out/site.car', 'new/site.car', 'site-2.car']) {
    expect(() => refuseCarInside(`${tree.root}/site`, `${tree.root}/${path}`), path).not.toThrow();
  }
});
