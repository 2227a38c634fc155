import type { CID } from 'multiformats/cid';
import { importCar } from '../car-import.ts';
import { cidIn, type Held, holdBlocks } from './held.ts';
import { firstFile, type MirrorCall, type MirrorServer, respond, startMirrorServer } from './server.ts';

export interface ClusterKnobs {
  /** `user:password` of its basic authentication; undefined where it has none. */
  user: string | undefined;
  /** Where its peers find blocks that they do not have. */
  network: Held;
  /** Looks at a pin until its peers are through. */
  looksUntilPinned: number;
  /** What one of the two peers says instead. */
  peerStatus: string | undefined;
  /** The CID that it answers for whatever is added. */
  claims: string | undefined;
  /** An import that breaks after its status was sent. */
  breaksAdd: boolean;
}

export interface ClusterPin {
  readonly name: string;
  readonly looks: number;
}

export interface ClusterServer extends MirrorServer {
  readonly knobs: ClusterKnobs;
  readonly blocks: Held;
  /** By the CID as it was spelled: CIDv0 and CIDv1 are two pins. */
  readonly pins: Map<string, ClusterPin>;
}

type Cluster = Pick<ClusterServer, 'knobs' | 'blocks' | 'pins'>;

/** What of IPFS Cluster's REST API keeps content: a cluster of three peers, each pin on the first two. */
export async function startCluster(changes: Partial<ClusterKnobs> = {}, port = 0): Promise<ClusterServer> {
  const knobs: ClusterKnobs = {
    user: undefined,
    network: holdBlocks(),
    looksUntilPinned: 1,
    peerStatus: undefined,
    claims: undefined,
    breaksAdd: false,
    ...changes,
  };
  const cluster: Cluster = { knobs, blocks: holdBlocks(), pins: new Map() };
  const server = await startMirrorServer((call) => serve(cluster, call), port);
  return { ...server, ...cluster };
}

const PEERS = ['12D3KooWPeerA', '12D3KooWPeerB'] as const;
const REMOTE = '12D3KooWPeerC';

async function serve(cluster: Cluster, call: MirrorCall): Promise<void> {
  const { user } = cluster.knobs;
  if (user !== undefined && call.request.headers.authorization !== `Basic ${btoa(user)}`) {
    return await refuse(call, 401, 'Unauthorized');
  }
  if (call.method === 'POST' && call.path === '/add') return await add(cluster, call);
  const [, collection, spelled = ''] = /^\/(pins|allocations|pins\/ipfs)\/([^/]+)$/.exec(call.path) ?? [];
  const cid = cidIn(spelled);
  const serveCid = COMMANDS[`${call.method} ${collection ?? ''}`];
  if (serveCid === undefined) return await refuse(call, 404, 'not found');
  if (cid === undefined) return await refuse(call, 400, 'error decoding Cid');
  await serveCid(cluster, call, cid);
}

const COMMANDS: Readonly<Record<string, (cluster: Cluster, call: MirrorCall, cid: CID) => Promise<void>>> = {
  'GET allocations': tellAllocation,
  'GET pins': tellStatus,
  'POST pins/ipfs': pin,
  'DELETE pins': unpin,
};

async function refuse(call: MirrorCall, code: number, message: string): Promise<void> {
  await respond(call, code, { code, message });
}

function allocationOf(cid: CID, name: string): object {
  return { cid: cid.toString(), name, type: 'pin', mode: 'recursive', allocations: PEERS, max_depth: -1, metadata: {} };
}

async function tellAllocation({ pins }: Cluster, call: MirrorCall, cid: CID): Promise<void> {
  const found = pins.get(cid.toString());
  await (found === undefined ? refuse(call, 404, 'not found') : respond(call, 200, allocationOf(cid, found.name)));
}

/** Of what it does not know, the peers say that it is not pinned. */
async function tellStatus({ pins, blocks, knobs }: Cluster, call: MirrorCall, cid: CID): Promise<void> {
  const key = cid.toString();
  const found = pins.get(key);
  const looks = (found?.looks ?? 0) + 1;
  if (found !== undefined) pins.set(key, { ...found, looks });
  const has = (await blocks.hasAll(cid)) || (await knobs.network.hasAll(cid));
  const reached = has && looks >= knobs.looksUntilPinned ? 'pinned' : 'pinning';
  const status = found === undefined ? 'unpinned' : reached;
  const peer = (text: string): object => ({
    peername: 'peer',
    status: text,
    timestamp: '2026-01-01T00:00:00Z',
    error: text.endsWith('error') ? 'context deadline exceeded' : '',
  });
  await respond(call, 200, {
    cid: key,
    name: found?.name ?? '',
    allocations: PEERS,
    peer_map: {
      [PEERS[0]]: peer(status),
      [PEERS[1]]: peer(knobs.peerStatus ?? status),
      [REMOTE]: peer('remote'),
    },
  });
}

async function pin({ pins }: Cluster, call: MirrorCall, cid: CID): Promise<void> {
  const name = call.query.get('name') ?? '';
  pins.set(cid.toString(), { name, looks: 0 });
  await respond(call, 200, allocationOf(cid, name));
}

async function unpin({ pins }: Cluster, call: MirrorCall, cid: CID): Promise<void> {
  const found = pins.get(cid.toString());
  pins.delete(cid.toString());
  await (found === undefined ? refuse(call, 404, 'not found') : respond(call, 200, allocationOf(cid, found.name)));
}

/** The status is sent before the body was read, so what goes wrong stands in a trailer. */
async function add({ pins, blocks, knobs }: Cluster, call: MirrorCall): Promise<void> {
  const { response, query } = call;
  if (query.get('format') !== 'car') return await refuse(call, 400, 'this cluster imports CARs only');
  const imported = await firstFile(call.request)
    .then((file) => importCar(file, blocks))
    .catch((error: unknown) => String(error));
  response.writeHead(200, { 'content-type': 'application/json', trailer: 'X-Stream-Error' });
  if (typeof imported === 'string' || knobs.breaksAdd) {
    response.write('');
    response.addTrailers({ 'X-Stream-Error': typeof imported === 'string' ? imported : 'no peers could take it' });
    response.end('\n');
    return;
  }
  const cid = knobs.claims ?? imported.root.toString();
  pins.set(cid, { name: query.get('name') ?? '', looks: 0 });
  response.end(`${JSON.stringify({ name: '', cid, size: imported.size, allocations: PEERS })}\n`);
}
