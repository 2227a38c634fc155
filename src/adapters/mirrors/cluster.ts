import { type Cid, cidV0, parseCid } from '../../domain/cid.ts';
import { listAt, parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { Build } from '../../domain/listing.ts';
import type { MirrorPin } from '../../domain/mirror.ts';
import type { Mirror, MirrorOrder } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import { type MirrorClient, OUT_OF_TIME, waitWhile } from './client.ts';
import { quotable, saidTrouble } from './errors.ts';
import { jsonLines, streamTrouble } from './lines.ts';

/** What the cluster was told to keep. */
interface Allocation {
  /** As the cluster spells it: it knows CIDv0 and CIDv1 as two. */
  readonly spelled: string;
  readonly ours: boolean;
  /** Peers that shall have it; none stands for all. */
  readonly peers: readonly string[];
}

/**
 * An IPFS Cluster, by its REST API. What is ours there has our name.
 * https://ipfscluster.io/documentation/reference/api/
 */
export function clusterMirror(client: MirrorClient): Pick<Mirror, 'pin' | 'read' | 'unpin'> {
  return {
    pin: async (order) => {
      // A second pin would put our name over that of somebody else.
      const found = await read(client, order.cid);
      if (isToSend(found, order)) await (order.build === undefined ? ask(client, order) : add(client, order.build));
      return await waitWhile(
        client,
        ({ state }) => state === 'pending' || state === 'absent',
        () => read(client, order.cid),
      );
    },
    read: (cid) => read(client, cid),
    unpin: async (cid) => {
      let answer: 'unpinned' | 'kept' = 'kept';
      for (const spelled of spellings(cid)) {
        const allocation = await allocationAs(client, cid, spelled);
        if (allocation?.ours !== true) continue;
        const path = `/pins/${spelled}`;
        await client.ask({ doing: `unpin ${cid}`, method: 'DELETE', path, translate: goneIsFine });
        answer = 'unpinned';
      }
      return answer;
    },
  };
}

/** Where it looks for content that is at hand, it may look in vain: bytes end that. */
function isToSend({ state, ours }: MirrorPin, { build }: MirrorOrder): boolean {
  if (state === 'absent') return true;
  return ours && (state === 'failed' || (state === 'pending' && build !== undefined));
}

function nameOf({ options }: MirrorClient): string {
  return `pinata-deploy ${options.project}`;
}

function goneIsFine(answer: Answer): Answer {
  return answer.status === 404 ? OUT_OF_TIME : answer;
}

/** A CAR of CIDv0 is pinned by its CIDv0, what is asked for by its CID by that. */
function spellings(cid: Cid): readonly string[] {
  return [cid, cidV0(cid)].filter((text) => text !== undefined);
}

async function allocationOf(client: MirrorClient, cid: Cid): Promise<Allocation | undefined> {
  for (const spelled of spellings(cid)) {
    const found = await allocationAs(client, cid, spelled);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function allocationAs(client: MirrorClient, cid: Cid, spelled: string): Promise<Allocation | undefined> {
  const doing = `look for ${cid}`;
  const path = `/allocations/${spelled}`;
  const answer = await client.ask({ doing, method: 'GET', path, translate: goneIsFine });
  if (answer === OUT_OF_TIME) return undefined;
  const found = parseJson(answer.body);
  if (cidIn(found) !== cid) throw trouble(client, doing, 'its answer is not that of a cluster');
  const peers = (listAt(found, 'allocations') ?? []).filter((peer) => typeof peer === 'string');
  return { spelled, ours: textAt(found, 'name') === nameOf(client), peers };
}

/** Clusters before 1.0 write a CID as a link. */
function cidIn(value: unknown): Cid | undefined {
  return parseCid(textAt(value, 'cid') ?? textAt(value, 'cid', '/') ?? '');
}

async function read(client: MirrorClient, cid: Cid): Promise<MirrorPin> {
  const allocation = await allocationOf(client, cid);
  if (allocation === undefined) return { state: 'absent', ours: false, note: '' };
  const answer = await client.ask({ doing: `tell how ${cid} is`, method: 'GET', path: `/pins/${allocation.spelled}` });
  const { state, note } = judge(client, peersIn(parseJson(answer.body), allocation));
  const { ours } = allocation;
  return { state, ours, note: note === '' && !ours ? 'pinned there without us' : note };
}

interface Peer {
  readonly status: string;
  readonly error: string;
}

/** The peers that are to keep it: others are told as `remote`. */
function peersIn(value: unknown, { peers }: Allocation): readonly Peer[] {
  const map = valueAt(value, 'peer_map') ?? {};
  return Object.entries(map)
    .map(([id, peer]: readonly [string, unknown]) => ({
      id,
      status: textAt(peer, 'status') ?? '',
      error: textAt(peer, 'error') ?? '',
    }))
    .filter(({ id, status }) => status !== 'remote' && (peers.length === 0 || peers.includes(id)));
}

const FAILED = new Set(['pin_error', 'error', 'unexpectedly_unpinned']);

function judge({ address, options }: MirrorClient, peers: readonly Peer[]): Pick<MirrorPin, 'state' | 'note'> {
  const having = peers.filter(({ status }) => status === 'pinned').length;
  if (peers.length > 0 && having === peers.length) return { state: 'pinned', note: '' };
  const failed = peers.find(({ status }) => FAILED.has(status));
  const count = `${having} of ${peers.length} peers have it`;
  if (failed === undefined) return { state: 'pending', note: count };
  const said = quotable(failed.error, { name: address.name, token: options.token }) || failed.status;
  return { state: 'failed', note: `${count}: ${said}` };
}

/** Content that the cluster has to find on the network. */
async function ask(client: MirrorClient, { cid }: MirrorOrder): Promise<void> {
  const query = new URLSearchParams({ name: nameOf(client), mode: 'recursive' });
  await client.ask({ doing: `pin ${cid}`, method: 'POST', path: `/pins/ipfs/${cid}?${query}` });
}

async function add(client: MirrorClient, { root, car }: Build): Promise<void> {
  const doing = `import the CAR of ${root}`;
  const query = new URLSearchParams({
    format: 'car',
    name: nameOf(client),
    'cid-version': '1',
    'stream-channels': 'true',
  });
  const answer = await client.ask({ doing, method: 'POST', path: `/add?${query}`, body: { car } });
  const said = streamTrouble(answer);
  if (said !== undefined) throw trouble(client, doing, said);
  const added = jsonLines(answer).flatMap((line) => cidIn(line) ?? []);
  if (!added.includes(root)) {
    throw trouble(client, doing, `it answered ${added.at(-1) ?? 'no CID'}, which is not that of the build`);
  }
}

function trouble({ address, options }: MirrorClient, doing: string, said: string): Error {
  return saidTrouble({ name: address.name, token: options.token }, doing, said);
}
