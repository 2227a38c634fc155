import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { mirrorPolicy } from '../../src/adapters/mirrors/errors.ts';
import { createMirror } from '../../src/adapters/mirrors/mirror.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { MirrorKind } from '../../src/domain/mirror.ts';
import type { Mirror } from '../../src/ports.ts';
import { PROFILES } from '../support/dag-oracles.ts';
import { smallSite } from './corpora.ts';
import { KUBO, kuboRepo } from './kubo.ts';
import { freePort, startNode, untilPrinted } from './kubo-node.ts';
import { describeWith, findPeer, type Peer, runPeer } from './peers.ts';
import { plantSite } from './planted-site.ts';

// A cluster of one peer over a node that is never online. It speaks the Pinning Services API too.

const CLUSTER: Peer = findPeer({ name: 'ipfs-cluster-service', variable: 'IPFS_CLUSTER_BIN', ask: ['--version'] });
const USER = 'deployer:cluster-secret';

interface Cluster extends AsyncDisposable {
  readonly rest: string;
  readonly psa: string;
  /** For the Pinning Services API. */
  readonly token: string;
}

interface Place {
  readonly binary: string;
  readonly home: string;
  /** Of the node's RPC. */
  readonly kuboPort: number;
}

async function startCluster({ binary, home, kuboPort }: Place): Promise<Cluster> {
  const env = { HOME: home, IPFS_CLUSTER_PATH: `${home}/cluster` };
  runPeer(binary, ['init', '--consensus', 'crdt'], { env, cwd: home });
  const [swarm, rest, proxy, psa] = [await freePort(), await freePort(), await freePort(), await freePort()];
  configure(`${home}/cluster/service.json`, { swarm, rest, proxy, psa, kuboPort });
  const daemon = spawn(binary, ['daemon'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // It logs to stderr.
  await untilPrinted({ stdout: daemon.stderr }, 'IPFS Cluster is READY');
  daemon.stderr.resume();
  daemon.stdout.resume();
  const answer = await fetch(`http://127.0.0.1:${psa}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(USER)}` },
  });
  const { token } = (await answer.json()) as { readonly token: string };
  return {
    rest: `http://127.0.0.1:${rest}`,
    psa: `http://127.0.0.1:${psa}`,
    token,
    [Symbol.asyncDispose]: async () => {
      daemon.kill();
      if (daemon.exitCode === null) await once(daemon, 'exit');
    },
  };
}

/** A cluster on this machine only, behind a password. */
function configure(
  file: string,
  ports: Readonly<Record<'swarm' | 'rest' | 'proxy' | 'psa' | 'kuboPort', number>>,
): void {
  const at = (port: number): string => `/ip4/127.0.0.1/tcp/${port}`;
  const credentials = { basic_auth_credentials: { deployer: 'cluster-secret' } };
  const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, Record<string, unknown>>>;
  Object.assign(config.cluster ?? {}, { listen_multiaddress: [at(ports.swarm)], mdns_interval: '0s' });
  Object.assign(config.api?.restapi ?? {}, { http_listen_multiaddress: at(ports.rest), ...credentials });
  Object.assign(config.api?.pinsvcapi ?? {}, { http_listen_multiaddress: at(ports.psa), ...credentials });
  const node = { node_multiaddress: at(ports.kuboPort) };
  Object.assign(config.api?.ipfsproxy ?? {}, { listen_multiaddress: at(ports.proxy), ...node });
  Object.assign(config.ipfs_connector?.ipfshttp ?? {}, node);
  writeFileSync(file, JSON.stringify(config));
}

interface Given {
  readonly token: string;
  readonly project?: string;
}

function mirrorOf(kind: MirrorKind, url: string, { token, project = 'acme/site' }: Given): Mirror {
  const traffic = createTraffic({
    ...mirrorPolicy({ name: kind, token }),
    deadline: AbortSignal.timeout(120_000),
    onRetry: () => {},
  });
  return createMirror({ name: kind, kind, url }, { token, project, waitMs: 30_000, traffic });
}

const BOTH: Peer = KUBO.binary === undefined ? KUBO : CLUSTER;

describeWith(BOTH, 'an IPFS Cluster is a mirror', (binary) => {
  test.for(PROFILES)('%s: a build is imported, named, left to others, and unpinned', async (profile) => {
    using planted = plantSite(smallSite());
    using repo = kuboRepo(KUBO.binary ?? '', profile);
    await using node = await startNode(KUBO.binary ?? '', repo);
    await using cluster = await startCluster({ binary, home: repo.home, kuboPort: node.port });
    const build = await buildDag(await planted.content(), profile);
    const order = { cid: build.root, name: 'acme/site', build };
    const mirror = mirrorOf('cluster', cluster.rest, { token: USER });
    const other = mirrorOf('cluster', cluster.rest, { token: USER, project: 'acme/other' });

    expect((await mirror.read(build.root)).state).toBe('absent');
    expect(await mirror.pin(order)).toEqual({ state: 'pinned', ours: true, note: '' });
    expect(await other.pin(order)).toMatchObject({ state: 'pinned', ours: false });
    expect(await other.unpin(build.root)).toBe('kept');
    expect(node.pins()).toHaveLength(1);

    expect(await mirror.unpin(build.root)).toBe('unpinned');
    expect((await mirror.read(build.root)).state).toBe('absent');
    // The node still has the blocks, so they can be found by the CID alone.
    expect(await mirror.pin({ ...order, build: undefined })).toMatchObject({ state: 'pinned', ours: true });
  });

  test('a wrong password is said', async () => {
    using planted = plantSite(smallSite());
    using repo = kuboRepo(KUBO.binary ?? '', 'unixfs-v1-2025');
    await using node = await startNode(KUBO.binary ?? '', repo);
    await using cluster = await startCluster({ binary, home: repo.home, kuboPort: node.port });
    const { root } = await buildDag(await planted.content(), 'unixfs-v1-2025');
    const stranger = mirrorOf('cluster', cluster.rest, { token: 'deployer:wrong-one' });
    await expect(stranger.read(root)).rejects.toMatchObject({ kind: 'credentials' });
  });

  test('by the Pinning Services API: pinned, left to others, unpinned', async () => {
    using planted = plantSite(smallSite());
    using repo = kuboRepo(KUBO.binary ?? '', 'unixfs-v1-2025');
    const root = repo.add(planted.root, '--pin=false');
    if (root === undefined) throw new Error('Kubo added nothing');
    await using node = await startNode(KUBO.binary ?? '', repo);
    await using cluster = await startCluster({ binary, home: repo.home, kuboPort: node.port });
    const order = { cid: root, name: 'acme/site', build: undefined };
    const mirror = mirrorOf('psa', cluster.psa, { token: cluster.token });
    const other = mirrorOf('psa', cluster.psa, { token: cluster.token, project: 'acme/other' });

    expect((await mirror.read(root)).state).toBe('absent');
    expect(await mirror.pin(order)).toEqual({ state: 'pinned', ours: true, note: '' });
    expect(await other.pin(order)).toMatchObject({ state: 'pinned', ours: false });
    expect(await other.unpin(root)).toBe('kept');
    expect(await mirror.unpin(root)).toBe('unpinned');
    expect((await mirror.read(root)).state).toBe('absent');
    const stranger = mirrorOf('psa', cluster.psa, { token: 'not-a-token' });
    await expect(stranger.read(root)).rejects.toMatchObject({ kind: 'credentials' });
  });
});
