import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/domain/comparison.ts';
import type { Build, CidProfile, Listing } from '../../src/domain/listing.ts';
import { type ComparePorts, compareWithBase } from '../../src/modes/compare.ts';
import type { BaseReading, GitHub } from '../../src/ports.ts';
import { buildOf, cidNumber, quietGitHub, unknownOpening } from './account.ts';

const [BASE, NEW, OTHER] = [cidNumber(1), cidNumber(2), cidNumber(3)];
const base = { kind: 'base', base: { cid: BASE, label: 'production', commit: '1111111' } } as const;
const NO_FILES: Listing = new Map();
const read = (more: Partial<Extract<BaseReading, { kind: 'read' }>> = {}): BaseReading => ({
  kind: 'read',
  pair: { before: NO_FILES, after: NO_FILES, shared: { files: 1, bytes: 12 } },
  emptyDirectories: [],
  strange: false,
  ...more,
});
const text = (content: string): AsyncIterable<Uint8Array> =>
  (async function* () {
    yield Buffer.from(content);
  })();

interface Scene {
  /** What each reading answers, by the profile of the build it is given; the last one for `known` rules. */
  readonly readings?: Partial<Record<CidProfile | 'known', BaseReading>>;
  readonly builds?: Partial<Record<CidProfile, Build>>;
  readonly build?: Build;
  readonly commit?: string;
  readonly github?: Partial<GitHub>;
  readonly before?: string;
}

async function compare(scene: Scene): Promise<{ comparison: Comparison; hashed: CidProfile[] }> {
  const hashed: CidProfile[] = [];
  const ports: ComparePorts = {
    commitTrees: scene.github?.commitTrees ?? quietGitHub.commitTrees,
    build: (profile) => {
      hashed.push(profile);
      return Promise.resolve({ ...buildOf(OTHER), ...scene.builds?.[profile], profile });
    },
    publishedTree: (root) =>
      Promise.resolve({
        compare: (build, rules) =>
          Promise.resolve(scene.readings?.[rules === 'known' ? 'known' : build.profile] ?? read()),
        readFile: () => Promise.resolve(scene.before === undefined ? undefined : Buffer.from(scene.before)),
        opening: () => Promise.resolve(unknownOpening(root)),
        effort: () => ({ requests: 1, cached: 0, bytes: 5, ms: 1 }),
      }),
  };
  const comparison = await compareWithBase(
    scene.build ?? buildOf(NEW),
    { base, stripHash: [], builtCommit: scene.commit },
    ports,
  );
  return { comparison, hashed };
}

function compared({ comparison }: { comparison: Comparison }): Extract<Comparison, { kind: 'compared' }> {
  if (comparison.kind !== 'compared') throw new Error(JSON.stringify(comparison));
  return comparison;
}

describe('a build with the CID of its base', () => {
  it('is the same, and nothing is read', async () => {
    const same = compared(await compare({ build: buildOf(BASE), readings: {} }));
    expect(same.diff.changes).toEqual([]);
    expect(same.effort.requests).toBe(0);
  });
});

describe('a base that follows other rules', () => {
  const foreign = { kind: 'foreign', profile: 'unixfs-v0-2015' } as const;

  it('is compared with the build as those rules make it', async () => {
    const scene = { readings: { 'unixfs-v1-2025': foreign }, builds: { 'unixfs-v0-2015': buildOf(BASE) } };
    const { comparison, hashed } = await compare(scene);
    expect(hashed).toEqual(['unixfs-v0-2015']);
    expect(compared({ comparison }).encoding).toBe(
      'Only the encoding differs: production is encoded by cid-profile unixfs-v0-2015, and by those rules this build has its CID.',
    );
  });

  it('is said to be encoded otherwise when contents differ too', async () => {
    const { encoding } = compared(await compare({ readings: { 'unixfs-v1-2025': foreign } }));
    expect(encoding).toContain('hashed by those rules too, to compare contents');
  });

  it('that are mixed ends, and says that files may be the same', async () => {
    const readings = {
      'unixfs-v1-2025': foreign,
      'unixfs-v0-2015': { kind: 'foreign', profile: 'pinata-folder' },
      'pinata-folder': foreign,
      known: read({ strange: true }),
    } as const;
    const { comparison, hashed } = await compare({ readings });
    expect(hashed).toEqual(['unixfs-v0-2015', 'pinata-folder']);
    expect(comparison.kind).toBe('compared');
  });

  it('is not hashed again for a CAR, whose files are not at hand', async () => {
    const { comparison, hashed } = await compare({
      build: { ...buildOf(NEW), readFile: undefined },
      readings: { 'unixfs-v1-2025': foreign, known: read({ strange: true }) },
    });
    expect(hashed).toEqual([]);
    expect(compared({ comparison }).encoding).toContain('may be listed as changed whose bytes are the same');
  });
});

describe('roots that differ though no file does', () => {
  it('have other empty directories', async () => {
    const emptyDirectories = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const { encoding } = compared(await compare({ readings: { 'unixfs-v1-2025': read({ emptyDirectories }) } }));
    expect(encoding).toBe('Only empty directories differ: a, b, c, d, e, and 2 more.');
  });

  it('or encode their directories otherwise', async () => {
    expect(compared(await compare({})).encoding).toContain('every file has the same CID');
  });
});

describe('a comparison that meets what nobody foresaw', () => {
  it('leaves no diff, and what it was', async () => {
    const build: Build = { ...buildOf(NEW), profile: 'unixfs-v1-2025' };
    const ports: ComparePorts = {
      commitTrees: quietGitHub.commitTrees,
      build: () => Promise.resolve(build),
      publishedTree: () => Promise.reject(new RangeError('too much.')),
    };
    const comparison = await compareWithBase(build, { base, stripHash: [], builtCommit: undefined }, ports);
    expect(comparison).toMatchObject({ kind: 'unavailable', reason: 'too much' });
  });
});

describe('a base that cannot be read', () => {
  it('leaves no diff, and the reason', async () => {
    const { comparison } = await compare({
      readings: { 'unixfs-v1-2025': { kind: 'unreadable', reason: 'gateway.example answered 504' } },
    });
    expect(comparison).toEqual({ kind: 'unavailable', base: base.base, reason: 'gateway.example answered 504' });
  });
});

describe('a file that changed though the sources did not', () => {
  const before = new Map([['build.json', { cid: cidNumber(11), bytes: 10 }]]);
  const after = new Map([['build.json', { cid: cidNumber(12), bytes: 10 }]]);
  const readings = {
    'unixfs-v1-2025': read({ pair: { before, after, shared: { files: 0, bytes: 0 } } }),
  };
  const build: Build = { ...buildOf(NEW), readFile: () => text('built 2026-07-14T09:31:02Z') };
  const trees = (one: string, other: string): Partial<GitHub> => ({
    commitTrees: () =>
      Promise.resolve({
        kind: 'known',
        value: new Map([
          ['1111111', one],
          ['2222222', other],
        ]),
      }),
  });

  it('is explained when the commit is the same', async () => {
    const scene = { build, readings, commit: '1111111', before: 'built 2026-07-13T08:00:00Z' };
    const { rebuild } = compared(await compare(scene));
    expect(rebuild?.evidence).toBe('both were built from commit 1111111');
    expect(rebuild?.files.map(({ path }) => path)).toEqual(['build.json']);
    expect(rebuild?.files[0]?.cause).toMatch(/^time stamp/);
  });

  it('is explained when another commit has the same tree', async () => {
    const scene = { build, readings, commit: '2222222', github: trees('aaaa', 'aaaa') };
    const { rebuild } = compared(await compare(scene));
    expect(rebuild?.evidence).toBe('commit 2222222 has the same files as 1111111, from which production was built');
    expect(rebuild?.files[0]?.cause).toMatch(/^probably/);
  });

  it('has no explanation in a CAR, whose files are not at hand', async () => {
    const car = { ...build, readFile: undefined };
    const scene = { build: car, readings: { known: readings['unixfs-v1-2025'] }, commit: '1111111', before: 'x' };
    expect(compared(await compare(scene)).rebuild).toMatchObject({ files: [] });
  });

  it('is not when the trees differ, nobody knows them, or the commit is not what was built', async () => {
    const denied = { commitTrees: () => Promise.resolve({ kind: 'denied', reason: 'no' } as const) };
    for (const more of [
      { commit: '2222222', github: trees('aaaa', 'bbbb') },
      { commit: '2222222', github: denied },
      {},
    ]) {
      expect(compared(await compare({ build, readings, ...more })).rebuild).toBeUndefined();
    }
  });
});
