import { type ClusterServer, startCluster } from '../../emulator/mirrors/cluster.ts';
import { type KuboServer, startKubo } from '../../emulator/mirrors/kubo.ts';
import { type PsaServer, startPsa } from '../../emulator/mirrors/psa.ts';

/** One mirror of each kind on this machine. They end with the block. */
export interface MirrorServices extends AsyncDisposable {
  readonly psa: PsaServer;
  readonly kubo: KuboServer;
  readonly cluster: ClusterServer;
  /** Lines of the inputs `mirrors` and `mirror-tokens`. */
  readonly mirrors: string;
  readonly tokens: string;
}

/**
 * Starts them, on neighbouring ports from `port` on or on free ones.
 * @param finds what the pinning service can find on the network; everything, when it is not said.
 */
export async function startMirrorServices(finds?: (cid: string) => boolean, port = 0): Promise<MirrorServices> {
  const at = (offset: number): number => (port === 0 ? 0 : port + offset);
  const psa = await startPsa(finds === undefined ? {} : { finds }, at(0));
  const kubo = await startKubo({}, at(1));
  const cluster = await startCluster({ user: 'deployer:cluster-secret' }, at(2));
  return {
    psa,
    kubo,
    cluster,
    mirrors: [`backup=${psa.url}`, `node=kubo+${kubo.url}`, `cluster=cluster+${cluster.url}`].join('\n'),
    tokens: [`backup=${psa.knobs.token}`, `cluster=${cluster.knobs.user ?? ''}`].join('\n'),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([psa, kubo, cluster].map((server) => server[Symbol.asyncDispose]()));
    },
  };
}
