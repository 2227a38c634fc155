import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { type ClusterKnobs, type ClusterServer, startCluster } from '../../emulator/mirrors/cluster.ts';
import { startKubo } from '../../emulator/mirrors/kubo.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { Mirror } from '../../src/ports.ts';
import { answer, scriptedServer } from '../support/http-server.ts';
import { mirrorAt, orderOf, PROJECT, withSite } from './mirror-at.ts';

const NAME = `pinata-deploy ${PROJECT}`;
const USER = 'deployer:cluster-secret';
const SOME = parseCid('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi') as Cid;

interface Cluster extends AsyncDisposable {
  readonly server: ClusterServer;
  readonly mirror: Mirror;
}

async function clusterWith(knobs: Partial<ClusterKnobs> = {}, waitMs = 3000): Promise<Cluster> {
  const server = await startCluster({ user: USER, ...knobs });
  const mirror = mirrorAt(`cluster=cluster+${server.url}`, { token: USER, waitMs });
  return { server, mirror, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function writes({ seen }: ClusterServer): readonly string[] {
  return seen.filter((line) => !line.startsWith('GET ')).map((line) => line.replace(/\?.*$/, ''));
}

describe('a build on a cluster', () => {
  it('is imported, whole, and pinned under our name', async () => {
    await using cluster = await clusterWith({ looksUntilPinned: 2 });
    await withSite(async (build) => {
      expect(await cluster.mirror.pin(orderOf(build))).toEqual({ state: 'pinned', ours: true, note: '' });
      expect([...cluster.server.pins]).toMatchObject([[build.root, { name: NAME }]]);
      expect(await cluster.server.blocks.hasAll(CID.parse(build.root))).toBe(true);
    });
  });

  it('is found and unpinned though the cluster spells its root as CIDv0', async () => {
    await using cluster = await clusterWith();
    await withSite(async (build) => {
      expect(await cluster.mirror.pin(orderOf(build))).toEqual({ state: 'pinned', ours: true, note: '' });
      expect([...cluster.server.pins.keys()][0]).toMatch(/^Qm/);
      expect(await cluster.mirror.read(build.root)).toMatchObject({ state: 'pinned', ours: true });
      expect(await cluster.mirror.unpin(build.root)).toBe('unpinned');
      expect(cluster.server.pins.size).toBe(0);
    }, 'unixfs-v0-2015');
  });

  it('that is pinned under both of its spellings is unpinned under both', async () => {
    await using cluster = await clusterWith({}, 100);
    await withSite(async (build) => {
      await cluster.mirror.pin(orderOf(build.root));
      await cluster.mirror.pin(orderOf(build));
      expect(cluster.server.pins.size).toBe(2);
      expect(await cluster.mirror.unpin(build.root)).toBe('unpinned');
      expect(cluster.server.pins.size).toBe(0);
    }, 'unixfs-v0-2015');
  });

  it('is not sent again once it is there', async () => {
    await using cluster = await clusterWith();
    await withSite(async (build) => {
      await cluster.mirror.pin(orderOf(build));
      expect(await cluster.mirror.pin(orderOf(build))).toMatchObject({ state: 'pinned', ours: true });
    });
    expect(writes(cluster.server)).toEqual(['POST /add']);
  });

  it('is sent where the cluster looks for it in vain', async () => {
    await using cluster = await clusterWith({}, 100);
    await withSite(async (build) => {
      expect(await cluster.mirror.pin(orderOf(build.root))).toMatchObject({ state: 'pending', ours: true });
      expect(await cluster.mirror.pin(orderOf(build))).toEqual({ state: 'pinned', ours: true, note: '' });
    });
  });

  it('that somebody else has pinned keeps its name, and is never unpinned', async () => {
    await using cluster = await clusterWith();
    await withSite(async (build) => {
      await cluster.mirror.pin(orderOf(build));
      cluster.server.pins.set(build.root, { name: 'archive', looks: 1 });
      const expected = { state: 'pinned', ours: false, note: 'pinned there without us' };
      expect(await cluster.mirror.pin(orderOf(build))).toEqual(expected);
      expect(await cluster.mirror.unpin(build.root)).toBe('kept');
      expect(cluster.server.pins.get(build.root)?.name).toBe('archive');
    });
  });

  it('that breaks after the status 200 is no success', async () => {
    await using cluster = await clusterWith({ breaksAdd: true });
    await withSite(async (build) => {
      await expect(cluster.mirror.pin(orderOf(build))).rejects.toMatchObject({
        message: `Mirror cluster did not import the CAR of ${build.root}: no peers could take it`,
      });
    });
  });

  it('that is answered with another CID is no success', async () => {
    await using cluster = await clusterWith({ claims: SOME });
    await withSite(async (build) => {
      await expect(cluster.mirror.pin(orderOf(build))).rejects.toThrow(`it answered ${SOME}, which is not that of`);
    });
  });

  it('has failed when a peer has, with its reason, and is sent anew by the next run', async () => {
    await using cluster = await clusterWith({ peerStatus: 'pin_error' });
    await withSite(async (build) => {
      const failed = { state: 'failed', ours: true, note: '1 of 2 peers have it: context deadline exceeded' };
      expect(await cluster.mirror.pin(orderOf(build))).toEqual(failed);
      await cluster.mirror.pin(orderOf(build));
    });
    expect(writes(cluster.server)).toEqual(['POST /add', 'POST /add']);
  });

  it.each(['pinning', 'pin_queued', 'cluster_error', 'unpinned'])(
    'is pending while a peer says %s',
    async (peerStatus) => {
      await using cluster = await clusterWith({ peerStatus }, 100);
      await withSite(async (build) => {
        const pin = await cluster.mirror.pin(orderOf(build));
        expect(pin).toEqual({ state: 'pending', ours: true, note: '1 of 2 peers have it' });
      });
    },
  );
});

describe('content that a cluster has to find', () => {
  it('is pinned when its peers find it', async () => {
    await using other = await startKubo();
    await using cluster = await clusterWith({ network: other.blocks });
    await withSite(async (build) => {
      await mirrorAt(`other=kubo+${other.url}`).pin(orderOf(build));
      expect(await cluster.mirror.pin(orderOf(build.root))).toEqual({ state: 'pinned', ours: true, note: '' });
    });
    expect(writes(cluster.server)).toHaveLength(1);
    expect(writes(cluster.server)[0]).toMatch(/^POST \/pins\/ipfs\//);
  });

  it('is pending when they have not found it in time, and the cluster goes on looking', async () => {
    await using cluster = await clusterWith({}, 100);
    expect(await cluster.mirror.pin(orderOf(SOME))).toMatchObject({ state: 'pending', ours: true });
    expect(cluster.server.pins.get(SOME)?.name).toBe(NAME);
  });
});

describe('the door of a cluster', () => {
  it('is shut without user and password', async () => {
    await using cluster = await clusterWith();
    await expect(mirrorAt(`cluster=cluster+${cluster.server.url}`).read(SOME)).rejects.toMatchObject({
      kind: 'credentials',
      message: expect.stringContaining('401, Unauthorized') as unknown,
    });
    expect(await cluster.mirror.read(SOME)).toEqual({ state: 'absent', ours: false, note: '' });
  });

  it('that is no cluster is said', async () => {
    await using server = await scriptedServer(answer(200, '<html>welcome</html>'));
    await expect(mirrorAt(`cluster=cluster+${server.url}`).read(SOME)).rejects.toThrow(/not that of a cluster/);
  });
});
