import { appendFileSync, existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { decodedBlocks, readRange } from '../support/car-blocks.ts';
import type { DagContent } from '../support/dag-content.ts';
import { dagContent } from '../support/dag-content.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { trees } from '../support/dag-trees.ts';
import { refusal } from '../support/refusal.ts';
import { seededBytes } from '../support/seeded.ts';

const MIB = 1_048_576;

/** Small files, copies, a file of three chunks and an empty directory. */
function site(content: DagContent) {
  return content.entries({
    'index.html': '<h1>Hello</h1>',
    'copy/index.html': '<h1>Hello</h1>',
    'empty.txt': '',
    'media/film.bin': seededBytes(2 * MIB + 100, 7),
    'media/again.bin': seededBytes(2 * MIB + 100, 7),
    nothing: null,
    ...Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`pages/${index}.html`, `page ${index} `.repeat(index)]),
    ),
  });
}

test.for(PROFILES)(
  '%s: the CAR starts with its root, has no block twice, and links each from an earlier one',
  async (profile) => {
    using content = dagContent();
    const build = await buildDag({ kind: 'directory', entries: site(content) }, profile);
    const blocks = await decodedBlocks(build.car);
    expect(blocks.size).toBe(build.blocks);
    const announced = new Set([...blocks.keys()].slice(0, 1));
    for (const [cid, { links }] of blocks) {
      expect(announced.has(cid)).toBe(true);
      for (const link of links) announced.add(link.cid);
    }
    expect(announced.size).toBe(blocks.size);
  },
);

test('any range is that part of the whole, in pieces of at most 1 MiB', async () => {
  using content = dagContent();
  const { car } = await buildDag({ kind: 'directory', entries: site(content) }, 'unixfs-v1-2025');
  const whole = await readRange(car);
  expect(whole.length).toBe(car.bytes);
  await fc.assert(
    fc.asyncProperty(fc.nat(car.bytes), fc.oneof(fc.nat(5000), fc.nat(car.bytes)), async (start, length) => {
      const end = Math.min(car.bytes, start + length);
      const pieces: Uint8Array[] = [];
      for await (const piece of car.read(start, end)) pieces.push(Buffer.from(piece));
      expect(Buffer.concat(pieces).equals(whole.subarray(start, end))).toBe(true);
      expect(Math.max(0, ...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(MIB);
    }),
    { numRuns: 150 },
  );
});

test.for(PROFILES)('%s: the ranges of any tree add up to the CAR', async (profile) => {
  await fc.assert(
    fc.asyncProperty(trees, fc.double({ min: 0, max: 1, noNaN: true }), async (tree, share) => {
      using content = dagContent();
      const { car } = await buildDag(
        { kind: 'directory', entries: content.entries(Object.fromEntries(tree)) },
        profile,
      );
      const cut = Math.floor(share * car.bytes);
      const parts = Buffer.concat([await readRange(car, 0, cut), await readRange(car, cut)]);
      expect(parts.equals(await readRange(car))).toBe(true);
    }),
    { numRuns: 15 },
  );
});

test('readers do not disturb each other', async () => {
  using content = dagContent();
  const { car } = await buildDag({ kind: 'directory', entries: site(content) }, 'unixfs-v1-2025');
  const whole = await readRange(car);
  const starts = [0, 1_000_000, 2_000_000, 2_500_000];
  const parts = await Promise.all(starts.map((start) => readRange(car, start)));
  expect(parts.map((part, index) => part.equals(whole.subarray(starts[index])))).toEqual([true, true, true, true]);
});

test('a range outside of the CAR is refused', async () => {
  const { car } = await buildDag({ kind: 'directory', entries: [] }, 'unixfs-v1-2025');
  expect((await readRange(car, car.bytes, car.bytes)).length).toBe(0);
  expect(() => car.read(-1, 2)).toThrow(RangeError);
  expect(() => car.read(2, 1)).toThrow(RangeError);
  expect(() => car.read(0, car.bytes + 1)).toThrow(RangeError);
});

test.for([
  ['other bytes of the same length', (path: string) => writeFileSync(path, seededBytes(2 * MIB + 100, 8))],
  ['one byte more', (path: string) => appendFileSync(path, 'x')],
  ['one byte less', (path: string) => truncateSync(path, 2 * MIB + 99)],
  ['no bytes', (path: string) => truncateSync(path, 0)],
  ['gone', (path: string) => rmSync(path)],
] as const)('a file that is changed after the build (%s) is named, and no wrong byte is served', async ([, change]) => {
  using content = dagContent();
  const entries = content.entries({ 'a.txt': 'a', 'media/film.bin': seededBytes(2 * MIB + 100, 7), 'z.txt': 'z' });
  const { car } = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
  const whole = await readRange(car);
  change(entries[1]?.source ?? '');
  const served: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of car.read(0, car.bytes)) served.push(Buffer.from(piece));
  })();
  expect(await refusal(reading)).toMatch(/^content: "media\/film.bin" /);
  const right = Buffer.concat(served);
  expect(right.equals(whole.subarray(0, right.length))).toBe(true);
  // What the change did not touch is still served.
  expect((await readRange(car, 0, 100)).equals(whole.subarray(0, 100))).toBe(true);
});

test.runIf(existsSync('/proc/self/fd'))('no file stays open, also when a reader stops early or fails', async () => {
  using content = dagContent();
  const entries = site(content);
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const before = openFiles();
  const { car } = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
  for await (const piece of car.read(0, car.bytes)) if (piece.length > 0) break;
  truncateSync(entries.find(({ path }) => path === 'media/film.bin')?.source ?? '', 5);
  expect(await refusal(readRange(car))).toMatch(/^content: "media\/again.bin" changed/);
  rmSync(entries.find(({ path }) => path === 'pages/200.html')?.source ?? '');
  expect(await refusal(buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025'))).toMatch(
    /"pages\/200.html" was found/,
  );
  expect(openFiles()).toBe(before);
});
