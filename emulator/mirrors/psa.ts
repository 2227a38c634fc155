import * as v from 'valibot';
import { cidIn } from './held.ts';
import { type MirrorCall, type MirrorServer, readBody, respond, startMirrorServer } from './server.ts';

/** How a pinning service behaves: what the specification says, unless a knob says otherwise. */
export interface PsaKnobs {
  /** The bearer token that it wants. */
  token: string;
  /** Whether it finds content on the network; what it does not find it goes on looking for. */
  finds: (cid: string) => boolean;
  /** It says `failed` of what it does not find. */
  givesUp: boolean;
  /** Looks at a request until it is pinned. */
  looksUntilPinned: number;
  /** The status of a new request: the specification wants 202, some answer 200. */
  createdStatus: number;
  /** Deleting answers 202 without a body, or 200 with the text OK. */
  deletes: 'empty' | 'text';
  /** A page begins with the last row of the one before it. */
  repeatsRows: boolean;
  /** It answers rows of other CIDs too. */
  ignoresCid: boolean;
  forgetsMeta: boolean;
  /** Looks at a new request that are answered with 404. */
  looksUntilKnown: number;
  /** Refuses everything. */
  refusal: { readonly status: number; readonly reason: string; readonly details: string } | undefined;
}

export interface PsaRow {
  readonly requestid: string;
  readonly status: 'queued' | 'pinning' | 'pinned' | 'failed';
  readonly created: string;
  readonly pin: {
    readonly cid: string;
    readonly name?: string | undefined;
    readonly meta?: Readonly<Record<string, string>> | undefined;
  };
}

export interface PsaServer extends MirrorServer {
  readonly knobs: PsaKnobs;
  rows(): readonly PsaRow[];
  /** A request that was there before. */
  plant(pin: PsaRow['pin'], status?: PsaRow['status']): PsaRow;
}

const newPin = v.object({
  cid: v.string(),
  name: v.optional(v.pipe(v.string(), v.maxLength(255))),
  origins: v.optional(v.array(v.string())),
  meta: v.optional(v.record(v.string(), v.string())),
});

interface Held {
  readonly rows: Map<string, PsaRow>;
  readonly looks: Map<string, number>;
  readonly knobs: PsaKnobs;
}

/** A service of the IPFS Pinning Services API 1.0.0, in memory. */
export async function startPsa(changes: Partial<PsaKnobs> = {}, port = 0): Promise<PsaServer> {
  const knobs: PsaKnobs = {
    token: 'psa-token',
    finds: () => true,
    givesUp: false,
    looksUntilPinned: 1,
    createdStatus: 202,
    deletes: 'empty',
    repeatsRows: false,
    ignoresCid: false,
    forgetsMeta: false,
    looksUntilKnown: 0,
    refusal: undefined,
    ...changes,
  };
  const held: Held = { rows: new Map(), looks: new Map(), knobs };
  const server = await startMirrorServer((call) => serve(held, call), port);
  return {
    ...server,
    knobs,
    rows: () => [...held.rows.values()],
    plant: (pin, status = 'pinned') => insert(held, pin, status),
  };
}

async function serve(held: Held, call: MirrorCall): Promise<void> {
  const { token, refusal } = held.knobs;
  if (refusal !== undefined) return await refuse(call, refusal.status, [refusal.reason, refusal.details]);
  if (call.request.headers.authorization !== `Bearer ${token}`) {
    return await refuse(call, 401, ['UNAUTHORIZED', 'access token is missing or invalid']);
  }
  const id = /^\/pins\/([^/]+)$/.exec(call.path)?.[1];
  if (call.path === '/pins' && call.method === 'GET') return await list(held, call);
  if (call.path === '/pins' && call.method === 'POST') return await create(held, call);
  const row = id === undefined ? undefined : held.rows.get(id);
  if (row === undefined) return await refuse(call, 404, ['NOT_FOUND', 'the specified resource was not found']);
  if (call.method === 'GET') return await look(held, call, row);
  if (call.method === 'DELETE') return await remove(held, call, row);
  return await refuse(call, 400, ['BAD_REQUEST', 'no such method']);
}

async function refuse(call: MirrorCall, status: number, [reason, details]: readonly [string, string]): Promise<void> {
  await respond(call, status, { error: { reason, details } });
}

/** Newest first. Without a filter by status, only what is pinned. */
async function list({ rows, knobs }: Held, call: MirrorCall): Promise<void> {
  const { query } = call;
  const cids = query.get('cid')?.split(',');
  const statuses = (query.get('status') ?? 'pinned').split(',');
  const before = query.get('before');
  const limit = Number(query.get('limit') ?? 10);
  if (!(limit >= 1 && limit <= 1000)) return await refuse(call, 400, ['BAD_REQUEST', 'limit is from 1 to 1000']);
  const isOlder = (created: string): boolean =>
    before === null || (knobs.repeatsRows ? created <= before : created < before);
  const found = [...rows.values()]
    .filter(({ pin }) => knobs.ignoresCid || cids === undefined || cids.includes(pin.cid))
    .filter(({ status, created }) => statuses.includes(status) && isOlder(created))
    .toSorted((a, b) => (a.created < b.created ? 1 : -1));
  await respond(call, 200, { count: found.length, results: found.slice(0, limit).map((row) => shown(row, knobs)) });
}

async function create(held: Held, call: MirrorCall): Promise<void> {
  const parsed = v.safeParse(newPin, await readBody(call.request));
  if (!parsed.success || cidIn(parsed.output.cid) === undefined) {
    return await refuse(call, 400, ['BAD_REQUEST', 'the pin object is malformed']);
  }
  const { cid, name, meta } = parsed.output;
  await respond(call, held.knobs.createdStatus, shown(insert(held, { cid, name, meta }, 'queued'), held.knobs));
}

let made = 0;

function insert({ rows }: Held, pin: PsaRow['pin'], status: PsaRow['status']): PsaRow {
  made += 1;
  // Rows are paged by this time, so no two have the same.
  const created = new Date(Date.UTC(2026, 0, 1) + made * 1000).toISOString();
  const row: PsaRow = { requestid: `request-${made}`, status, created, pin };
  rows.set(row.requestid, row);
  return row;
}

async function look(held: Held, call: MirrorCall, row: PsaRow): Promise<void> {
  const { rows, looks, knobs } = held;
  const count = (looks.get(row.requestid) ?? 0) + 1;
  looks.set(row.requestid, count);
  if (count <= knobs.looksUntilKnown) return await refuse(call, 404, ['NOT_FOUND', 'not yet']);
  const now = { ...row, status: statusAfter(count, row, knobs) };
  rows.set(row.requestid, now);
  await respond(call, 200, shown(now, knobs));
}

function statusAfter(looks: number, { status, pin }: PsaRow, knobs: PsaKnobs): PsaRow['status'] {
  if (status === 'pinned' || status === 'failed' || looks < knobs.looksUntilPinned) return status;
  if (knobs.finds(pin.cid)) return 'pinned';
  return knobs.givesUp ? 'failed' : 'pinning';
}

async function remove({ rows, knobs }: Held, call: MirrorCall, { requestid }: PsaRow): Promise<void> {
  rows.delete(requestid);
  await (knobs.deletes === 'text' ? respond(call, 200, 'OK') : respond(call, 202, ''));
}

function shown(row: PsaRow, { forgetsMeta }: PsaKnobs): object {
  const { meta, ...pin } = row.pin;
  return {
    ...row,
    pin: { ...pin, origins: [], ...(forgetsMeta ? {} : { meta: meta ?? {} }) },
    delegates: ['/ip4/127.0.0.1/tcp/4001/p2p/QmPeer'],
    info: row.status === 'failed' ? { status_details: 'no provider was found' } : {},
  };
}
