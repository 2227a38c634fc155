import { CID } from 'multiformats/cid';
import * as v from 'valibot';
import { type Answer, envelope, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { readJson } from './json-body.ts';
import { pinsHolding } from './pins.ts';
import type { Call, Route } from './route.ts';
import type { Network, Swap, SwapHistory } from './store.ts';
import { parseNetwork } from './upload-fields.ts';

const path = '/v3/files/:network/swap/:cid';

/** `/v3/files/{network}/swap/{cid}`: the account's gateway answers a pinned CID with the content of another. */
export const swapRoutes: readonly Route[] = [
  { method: 'GET', path, needs: { scope: 'org:files:read' }, answer: listSwaps },
  { method: 'PUT', path, needs: { scope: 'org:files:write' }, answer: addSwap },
  { method: 'DELETE', path, needs: { scope: 'org:files:write' }, answer: removeSwap },
];

/** What the gateway serves in the place of this root; undefined without a swap, or without the plugin. */
export function swappedFor(root: CID, backend: Backend): CID | undefined {
  if (backend.knobs.hotSwapPlugin === 'off') return undefined;
  const current = backend.store.swaps.get(historyId('public', root))?.swaps.at(-1)?.mappedCid ?? null;
  return current === null ? undefined : CID.parse(current);
}

/** Newest first. Throws 400 without the gateway's domain; the emulator has one gateway, so any domain names it. */
function listSwaps(call: Call, backend: Backend): Answer {
  if ((call.url.searchParams.get('domain') ?? '') === '') throw new Refusal(400, 'domain is required');
  const { swaps } = findHistory(call, backend);
  if (swaps.length === 0) throw new Refusal(404, 'CID does not have history');
  return envelope(swaps.toReversed().map(renderSwap));
}

const changeSchema = v.object({ swapCid: v.optional(v.string()), swap_cid: v.optional(v.string()) });

async function addSwap(call: Call, backend: Backend): Promise<Answer> {
  const mapped = chooseMapped(await readJson(changeSchema, call.body), backend.knobs.swapBody);
  const added = { mappedCid: parseCid(mapped).toString(), createdAt: backend.clock.now().getTime() };
  const history = findHistory(call, backend);
  backend.store.swaps.put({ ...history, swaps: [...history.swaps, added] });
  return envelope(renderSwap(added));
}

/** Documented as `swapCid`; the service's own clients send `swap_cid`. Throws 400. */
function chooseMapped(
  { swapCid, swap_cid: older }: v.InferOutput<typeof changeSchema>,
  accepted: 'both' | 'documented' | 'sdk',
): string {
  const mapped = { both: swapCid ?? older, documented: swapCid, sdk: older }[accepted];
  if (mapped === undefined) throw new Refusal(400, `${accepted === 'sdk' ? 'swap_cid' : 'swapCid'} is required`);
  return mapped;
}

/** The history keeps what was removed, and when. */
function removeSwap(call: Call, backend: Backend): Answer {
  const history = findHistory(call, backend);
  if ((history.swaps.at(-1)?.mappedCid ?? null) === null) throw new Refusal(404, 'CID is not swapped');
  const removal = { mappedCid: null, createdAt: backend.clock.now().getTime() };
  backend.store.swaps.put({ ...history, swaps: [...history.swaps, removal] });
  return envelope(null);
}

/** Throws 400 for what is no CID, 404 for one that the account has not pinned. */
function findHistory(call: Call, backend: Backend): SwapHistory {
  const network = parseNetwork(call.params.network ?? '');
  const root = parseCid(call.params.cid ?? '');
  if (!pinsHolding(root, backend).some((pin) => pin.network === network)) {
    throw new Refusal(404, 'CID not pinned to account');
  }
  const id = historyId(network, root);
  return backend.store.swaps.get(id) ?? { id, swaps: [] };
}

function historyId(network: Network, root: CID): string {
  return `${network}/${root.toV1().toString()}`;
}

function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch {
    throw new Refusal(400, 'Invalid CID');
  }
}

function renderSwap({ mappedCid, createdAt }: Swap): Record<string, unknown> {
  return { mapped_cid: mappedCid, created_at: new Date(createdAt).toISOString() };
}
