import { expect, test } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { mirrorPolicy } from '../../src/adapters/mirrors/errors.ts';
import { createMirror } from '../../src/adapters/mirrors/mirror.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Build } from '../../src/domain/listing.ts';
import type { Mirror } from '../../src/ports.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { smallSite } from './corpora.ts';
import { KUBO, kuboRepo } from './kubo.ts';
import { type KuboNode, startNode } from './kubo-node.ts';
import { describeWith } from './peers.ts';
import { contentsOf, plantSite } from './planted-site.ts';

// A node that is never online takes what we mirror to it; what it cannot find it waits for.

function mirrorOf({ url }: KuboNode, waitMs = 30_000): Mirror {
  const traffic = createTraffic({
    ...mirrorPolicy({ name: 'node', token: undefined }),
    deadline: AbortSignal.timeout(120_000),
    onRetry: () => {},
  });
  const options = { token: undefined, project: 'acme/site', waitMs, traffic };
  return createMirror({ name: 'node', kind: 'kubo', url }, options);
}

function orderOf(build: Build): Parameters<Mirror['pin']>[0] {
  return { cid: build.root, name: 'acme/site', build };
}

describeWith(KUBO, 'a Kubo node is a mirror', (binary) => {
  test.for(PROFILES)('%s: a build is imported, named, read back byte for byte, and unpinned', async (profile) => {
    using planted = plantSite(smallSite());
    using target = plantSite({});
    using repo = kuboRepo(binary, profile);
    await using node = await startNode(binary, repo);
    const build = await buildDag(await planted.content(), profile);
    const mirror = mirrorOf(node);

    expect((await mirror.read(build.root)).state).toBe('absent');
    expect(await mirror.pin(orderOf(build))).toEqual({ state: 'pinned', ours: true, note: '' });
    expect(node.pins()).toEqual([`${build.root} recursive pinata-deploy acme/site`]);
    node.run('get', '--output', `${target.root}/got`, build.root);
    expect(contentsOf(`${target.root}/got`)['index.html']).toBe(contentsOf(planted.root)['index.html']);

    expect(await mirror.unpin(build.root)).toBe('unpinned');
    expect(await mirror.read(build.root)).toEqual({ state: 'absent', ours: false, note: '' });
    expect(await mirror.unpin(build.root)).toBe('kept');
    expect(node.pins()).toEqual([]);
  });

  test('what it holds without a pin is pinned by its CID; a pin under another name is left alone', async () => {
    using planted = plantSite(smallSite());
    using repo = kuboRepo(binary, 'unixfs-v1-2025');
    const root = repo.add(planted.root, '--pin=false');
    await using node = await startNode(binary, repo);
    const mirror = mirrorOf(node);
    if (root === undefined) throw new Error('Kubo added nothing');
    const order = { cid: root, name: 'acme/site', build: undefined };
    expect(await mirror.pin(order)).toEqual({ state: 'pinned', ours: true, note: '' });

    node.run('pin', 'add', '--name=archive', root);
    expect(await mirror.pin(order)).toMatchObject({ state: 'pinned', ours: false });
    expect(await mirror.unpin(root)).toBe('kept');
    expect(node.pins()).toEqual([`${root} recursive archive`]);
  });

  test('a CAR with a wrong block is refused, and nothing is pinned', async () => {
    using planted = plantSite(smallSite());
    using repo = kuboRepo(binary, 'unixfs-v1-2025');
    await using node = await startNode(binary, repo);
    const build = await buildDag(await planted.content(), 'unixfs-v1-2025');
    const car: Build['car'] = {
      bytes: build.car.bytes,
      read: async function* (start, end) {
        let at = start;
        for await (const piece of build.car.read(start, end)) {
          at += piece.length;
          if (at === build.car.bytes) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
          yield piece;
        }
      },
    };
    await expect(mirrorOf(node).pin(orderOf({ ...build, car }))).rejects.toThrow(/^Mirror node .*import the CAR/);
    expect(node.pins()).toEqual([]);
  });
});
