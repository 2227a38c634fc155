import { type Cid, parseCid } from '../../domain/cid.ts';
import { listAt, numberAt, parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { MirrorPin } from '../../domain/mirror.ts';
import type { Mirror, MirrorOrder } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import { type MirrorClient, OUT_OF_TIME, waitWhile } from './client.ts';
import { quotable, saidTrouble } from './errors.ts';

/** The key in a pin's meta that says whose it is. */
const META_KEY = 'pinata-deploy';
/** Without all of them, only those that are pinned are listed. */
const ALL_STATUSES = 'queued,pinning,pinned,failed';
const PAGE_ROWS = 10;
const MAX_PAGES = 10;

/** What the API calls a pin request: there may be several for a CID. */
interface PinRequest {
  readonly id: string;
  readonly state: MirrorPin['state'];
  readonly ours: boolean;
  readonly created: string;
  readonly note: string;
}

/**
 * A mirror that speaks the IPFS Pinning Services API 1.0.0. It takes no content: what it is to pin it finds on the network.
 * https://ipfs.github.io/pinning-services-api-spec/
 */
export function psaMirror(client: MirrorClient): Pick<Mirror, 'pin' | 'read' | 'unpin'> {
  return {
    pin: async (order) => {
      const found = await list(client, order.cid);
      const live = best(found.filter(({ ours, state }) => ours && state !== 'failed'));
      if (live !== undefined) return pinOf(await settled(client, live));
      const foreign = found.find(({ ours, state }) => !ours && state === 'pinned');
      if (foreign !== undefined) return pinOf(foreign);
      // It does not try again by itself what it gave up.
      for (const failed of found.filter(({ ours }) => ours)) await remove(client, failed);
      return pinOf(await settled(client, await create(client, order)));
    },
    read: async (cid) => {
      const found = best(await list(client, cid));
      return found === undefined ? { state: 'absent', ours: false, note: '' } : pinOf(found);
    },
    unpin: async (cid) => {
      const ours = (await list(client, cid)).filter((request) => request.ours);
      for (const request of ours) await remove(client, request);
      return ours.length > 0 ? 'unpinned' : 'kept';
    },
  };
}

function pinOf({ state, ours, note }: PinRequest): MirrorPin {
  return { state, ours, note: note === '' && !ours ? 'pinned there without us' : note };
}

const ORDER: readonly MirrorPin['state'][] = ['pinned', 'pending', 'failed'];

/** The one that is nearest to be pinned, ours before others. */
function best(requests: readonly PinRequest[]): PinRequest | undefined {
  const rank = ({ state, ours }: PinRequest): number => ORDER.indexOf(state) * 2 + (ours ? 0 : 1);
  return requests.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** Every request for the CID, once: lists of some services repeat rows, and some answer rows that were not asked for. */
async function list(client: MirrorClient, cid: Cid): Promise<readonly PinRequest[]> {
  const found = new Map<string, PinRequest>();
  let before: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { requests, isLast } = await listPage(client, cid, before);
    const seen = found.size;
    for (const request of requests) found.set(request.id, request);
    before = oldest([...found.values()]);
    if (isLast || found.size === seen || before === undefined) break;
  }
  return [...found.values()];
}

interface Page {
  readonly requests: readonly PinRequest[];
  readonly isLast: boolean;
}

async function listPage(client: MirrorClient, cid: Cid, before: string | undefined): Promise<Page> {
  const doing = `look for ${cid}`;
  const query = new URLSearchParams({ cid, status: ALL_STATUSES, limit: String(PAGE_ROWS) });
  if (before !== undefined) query.set('before', before);
  const answer = parseJson((await client.ask({ doing, method: 'GET', path: `/pins?${query}` })).body);
  const rows = listAt(answer, 'results');
  if (rows === undefined) throw noAnswer(client, doing);
  return {
    requests: rows.flatMap((row) => parseRequest(client, row, cid) ?? []),
    // The count is of what the query asks for, so of what is older than `before`.
    isLast: rows.length >= (numberAt(answer, 'count') ?? 0),
  };
}

function oldest(requests: readonly PinRequest[]): string | undefined {
  const dated = requests.filter(({ created }) => !Number.isNaN(Date.parse(created)));
  return dated.toSorted((a, b) => Date.parse(a.created) - Date.parse(b.created))[0]?.created;
}

const STATES: Readonly<Record<string, MirrorPin['state']>> = {
  queued: 'pending',
  pinning: 'pending',
  pinned: 'pinned',
  failed: 'failed',
};

/** Undefined for what is no request, and for one of another CID. */
function parseRequest(client: MirrorClient, row: unknown, cid: Cid): PinRequest | undefined {
  const id = textAt(row, 'requestid') ?? '';
  const state = STATES[textAt(row, 'status') ?? ''];
  if (id === '' || state === undefined || parseCid(textAt(row, 'pin', 'cid') ?? '') !== cid) return undefined;
  return {
    id,
    state,
    ours: valueAt(row, 'pin', 'meta', META_KEY) === client.options.project,
    created: textAt(row, 'created') ?? '',
    note: noteIn(client, row),
  };
}

/** Why a request is where it is; '' for one that is pinned. */
function noteIn({ address, options }: MirrorClient, row: unknown): string {
  if (textAt(row, 'status') === 'pinned') return '';
  return quotable(textAt(row, 'info', 'status_details') ?? '', { name: address.name, token: options.token });
}

async function create(client: MirrorClient, { cid, name }: MirrorOrder): Promise<PinRequest> {
  const doing = `pin ${cid}`;
  const json = { cid, name, meta: { [META_KEY]: client.options.project } };
  const answer = await client.ask({ doing, method: 'POST', path: '/pins', body: { json } });
  return { ...read(client, answer, { cid, doing }), ours: true };
}

function read(client: MirrorClient, answer: Answer, asked: { readonly cid: Cid; readonly doing: string }): PinRequest {
  const request = parseRequest(client, parseJson(answer.body), asked.cid);
  if (request === undefined) throw noAnswer(client, asked.doing);
  return request;
}

function noAnswer({ address, options }: MirrorClient, doing: string): Error {
  return saidTrouble(
    { name: address.name, token: options.token },
    doing,
    'its answer is not of the Pinning Services API',
  );
}

/** The request once it is pinned or has failed, or as it is when the time is over. */
async function settled(client: MirrorClient, request: PinRequest): Promise<PinRequest> {
  const doing = `tell how the pin ${request.id} is`;
  const path = `/pins/${encodeURIComponent(request.id)}`;
  let last = request;
  await waitWhile(
    client,
    () => last.state === 'pending',
    async () => {
      if (last.state !== 'pending') return;
      // What was created just now is not there yet for everybody.
      const translate = (answer: Answer): Answer => (answer.status === 404 ? OUT_OF_TIME : answer);
      const answer = await client.ask({ doing, method: 'GET', path, translate });
      const state = STATES[textAt(parseJson(answer.body), 'status') ?? ''];
      if (state !== undefined) last = { ...last, state, note: noteIn(client, parseJson(answer.body)) };
    },
  );
  return last;
}

/** One that is gone already is fine. The answer has no body, or a text. */
async function remove(client: MirrorClient, { id }: PinRequest): Promise<void> {
  await client.ask({
    doing: `unpin the request ${id}`,
    method: 'DELETE',
    path: `/pins/${encodeURIComponent(id)}`,
    translate: (answer) => (answer.status === 404 ? { ...answer, status: 204 } : answer),
  });
}
