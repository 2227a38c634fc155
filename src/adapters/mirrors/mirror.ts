import type { MirrorAddress, MirrorKind } from '../../domain/mirror.ts';
import type { Mirror } from '../../ports.ts';
import { createMirrorClient, type MirrorClient, type MirrorOptions } from './client.ts';
import { clusterMirror } from './cluster.ts';
import { kuboMirror } from './kubo.ts';
import { psaMirror } from './psa.ts';

/** What a kind of mirror does by itself. */
type Conduct = Pick<Mirror, 'pin' | 'read' | 'unpin'>;

const KINDS: Readonly<Record<MirrorKind, (client: MirrorClient) => Conduct>> = {
  psa: psaMirror,
  kubo: kuboMirror,
  cluster: clusterMirror,
};

/** The mirror at an address. */
export function createMirror(address: MirrorAddress, options: MirrorOptions): Mirror {
  const { name, kind } = address;
  return { name, kind, ...KINDS[kind](createMirrorClient(address, options)) };
}
