import * as v from 'valibot';
import { type Answer, envelope, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { readJson } from './json-body.ts';
import { listPage } from './page.ts';
import { isListed, isPending, isReady } from './pins.ts';
import type { Call, Route } from './route.ts';
import { asListed, renderRow, withKeyvalues } from './rows.ts';
import type { Network, PinRecord } from './store.ts';
import { checkKeyvalues, expiryMessage, parseExpiry, parseNetwork } from './upload-fields.ts';

/** `/v3/files/{network}`: list, get, update, delete. */
export const fileRoutes: readonly Route[] = [
  // Without a network in the path it lists the private ones, whatever the query says.
  { method: 'GET', path: '/v3/files', needs: { scope: 'org:files:read' }, answer: listPins },
  { method: 'GET', path: '/v3/files/:network', needs: { scope: 'org:files:read' }, answer: listPins },
  { method: 'GET', path: '/v3/files/:network/:id', needs: { scope: 'org:files:read' }, answer: getPin },
  { method: 'PUT', path: '/v3/files/:network/:id', needs: { scope: 'org:files:write' }, answer: updatePin },
  { method: 'DELETE', path: '/v3/files/:network/:id', needs: { scope: 'org:files:write' }, answer: deletePin },
];

function listPins(call: Call, backend: Backend): Answer {
  const network = parseNetwork(call.params.network ?? 'private');
  const query = call.url.searchParams;
  const { page, token } = listPage(chooseRows(network, query, backend), query, backend);
  return envelope({ files: page.map((pin) => renderRow(pin, backend)), next_page_token: token });
}

function chooseRows(network: Network, query: URLSearchParams, backend: Backend): readonly PinRecord[] {
  if (backend.knobs.ignoreFilters) return listedPins(network, backend);
  const rows = query.get('cidPending') === 'true' ? pendingPins(network, backend) : listedPins(network, backend);
  return rows.filter((pin) => matchesQuery(pin, query, backend));
}

function listedPins(network: Network, backend: Backend): readonly PinRecord[] {
  const listed = backend.store.pins.all().filter((pin) => pin.network === network && isListed(pin, backend));
  return listed.map((pin) => asListed(pin, backend));
}

/** Their CID reads `pending` until the import is through. */
function pendingPins(network: Network, backend: Backend): readonly PinRecord[] {
  const now = backend.clock.now();
  const pending = backend.store.pins.all().filter((pin) => pin.network === network && isPending(pin, now));
  return pending.map((pin) => ({ ...pin, cid: 'pending' }));
}

/** All known filters must hold; everything else in the query is ignored, as the service does. */
function matchesQuery(pin: PinRecord, query: URLSearchParams, backend: Backend): boolean {
  return [...query].every(([key, value]) => matchesFilter(pin, [key, value], backend));
}

function matchesFilter(pin: PinRecord, [key, value]: readonly [string, string], backend: Backend): boolean {
  switch (key) {
    case 'name':
      return matchesName(pin.name, value, backend.knobs.nameFilter);
    case 'cid':
      return pin.cid === value;
    case 'mimeType':
      return pin.mimeType === value;
    case 'group':
      return (pin.groupId ?? 'null') === value;
    default: {
      const tag = /^keyvalues\[(.*)\]$/s.exec(key)?.[1];
      return tag === undefined || pin.keyvalues[tag] === value;
    }
  }
}

function matchesName(name: string, wanted: string, filter: 'substring' | 'exact'): boolean {
  return filter === 'exact' ? name === wanted : name.includes(wanted);
}

function getPin(call: Call, backend: Backend): Answer {
  return envelope(renderRow(findPin(call, backend), backend));
}

const updateSchema = v.object({
  name: v.optional(v.string()),
  keyvalues: v.optional(v.record(v.string(), v.nullable(v.string())), {}),
  expires_at: v.optional(v.nullable(v.number())),
});

async function updatePin(call: Call, backend: Backend): Promise<Answer> {
  const change = await readJson(updateSchema, call.body);
  // Looked up after the body has come: two updates at once must not undo each other.
  const pin = findPin(call, backend);
  const updated = {
    ...withKeyvalues(pin, mergeKeyvalues(pin.keyvalues, change.keyvalues), backend),
    name: change.name ?? pin.name,
    expiresAt: changeExpiry(pin.expiresAt, change.expires_at, backend),
  };
  backend.store.pins.put(updated);
  return envelope(renderRow(updated, backend));
}

/** Throws 400 for a time that has passed, and for null where the service cannot clear an expiry. */
function changeExpiry(current: number | null, wanted: number | null | undefined, backend: Backend): number | null {
  if (wanted === undefined) return current;
  if (wanted !== null) return parseExpiry(wanted, backend);
  switch (backend.knobs.expiryClear) {
    case 'refused':
      throw new Refusal(400, expiryMessage);
    case 'ignored':
      return current;
    case 'yes':
      return null;
  }
}

/** Given keys replace or add, `null` removes, the others stay. Throws 400. */
function mergeKeyvalues(
  current: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const merged = new Map(Object.entries(current));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  return checkKeyvalues(Object.fromEntries(merged));
}

function deletePin(call: Call, backend: Backend): Answer {
  removePin(findPin(call, backend), backend);
  return envelope(null);
}

/** Unpins. Throws 500 while the record is younger than `settleMs`. */
export function removePin(pin: PinRecord, backend: Backend): void {
  const nowMs = backend.clock.now().getTime();
  if (nowMs < pin.createdAt + backend.knobs.settleMs) throw new Refusal(500, 'The file could not be deleted');
  if (backend.knobs.deleteLagMs === 0) backend.store.pins.remove(pin.id);
  else backend.store.pins.put({ ...pin, deletedAt: nowMs });
}

function findPin(call: Call, backend: Backend): PinRecord {
  const network = parseNetwork(call.params.network ?? '');
  const pin = backend.store.pins.get(call.params.id ?? '');
  if (pin?.network !== network || !isReady(pin, backend.clock.now())) throw new Refusal(404, 'File not found');
  return pin;
}
