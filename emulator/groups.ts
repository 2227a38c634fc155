import * as v from 'valibot';
import { type Answer, envelope, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { readJson } from './json-body.ts';
import { listPage } from './page.ts';
import { exists } from './pins.ts';
import type { Call, Route } from './route.ts';
import type { Group, PinRecord } from './store.ts';
import { parseNetwork } from './upload-fields.ts';

const read = { scope: 'org:groups:read' };
const write = { scope: 'org:groups:write' };

/** `/v3/groups/{network}`: groups, and which files are in them. */
export const groupRoutes: readonly Route[] = [
  { method: 'GET', path: '/v3/groups/:network', needs: read, answer: listGroups },
  { method: 'POST', path: '/v3/groups/:network', needs: write, answer: createGroup },
  { method: 'GET', path: '/v3/groups/:network/:id', needs: read, answer: getGroup },
  { method: 'PUT', path: '/v3/groups/:network/:id', needs: write, answer: updateGroup },
  { method: 'DELETE', path: '/v3/groups/:network/:id', needs: write, answer: deleteGroup },
  { method: 'PUT', path: '/v3/groups/:network/:id/ids/:file', needs: write, answer: addFile },
  { method: 'DELETE', path: '/v3/groups/:network/:id/ids/:file', needs: write, answer: removeFile },
];

function listGroups(call: Call, backend: Backend): Answer {
  const network = parseNetwork(call.params.network ?? '');
  const query = call.url.searchParams;
  const name = query.get('name');
  const isPublic = query.get('isPublic');
  const groups = backend.store.groups
    .all()
    .filter((group) => group.network === network)
    .filter((group) => name === null || group.name.includes(name))
    .filter((group) => isPublic === null || String(group.isPublic) === isPublic);
  const { page, token } = listPage(groups, query, backend);
  return envelope({ groups: page.map(renderGroup), next_page_token: token });
}

const groupSchema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  is_public: v.optional(v.boolean(), false),
});

async function createGroup(call: Call, backend: Backend): Promise<Answer> {
  const network = parseNetwork(call.params.network ?? '');
  const { name, is_public: isPublic } = await readJson(groupSchema, call.body);
  const createdAt = backend.clock.now().getTime();
  const group = { id: backend.newId(), network, name, isPublic, createdAt };
  backend.store.groups.put(group);
  return envelope(renderGroup(group));
}

function getGroup(call: Call, backend: Backend): Answer {
  return envelope(renderGroup(findGroup(call, backend)));
}

async function updateGroup(call: Call, backend: Backend): Promise<Answer> {
  const change = await readJson(v.partial(groupSchema), call.body);
  const group = findGroup(call, backend);
  const updated = { ...group, name: change.name ?? group.name, isPublic: change.is_public ?? group.isPublic };
  backend.store.groups.put(updated);
  return envelope(renderGroup(updated));
}

/** Its files stay pinned, in no group. */
function deleteGroup(call: Call, backend: Backend): Answer {
  const group = findGroup(call, backend);
  for (const pin of backend.store.pins.all().filter(({ groupId }) => groupId === group.id)) {
    backend.store.pins.put({ ...pin, groupId: null });
  }
  backend.store.groups.remove(group.id);
  return envelope(null);
}

function addFile(call: Call, backend: Backend): Answer {
  const group = findGroup(call, backend);
  backend.store.pins.put({ ...findFile(call, backend), groupId: group.id });
  return envelope(null);
}

function removeFile(call: Call, backend: Backend): Answer {
  const group = findGroup(call, backend);
  const pin = findFile(call, backend);
  if (pin.groupId === group.id) backend.store.pins.put({ ...pin, groupId: null });
  return envelope(null);
}

function findGroup(call: Call, backend: Backend): Group {
  const group = backend.store.groups.get(call.params.id ?? '');
  if (group?.network !== parseNetwork(call.params.network ?? '')) throw new Refusal(404, 'Group not found');
  return group;
}

function findFile(call: Call, backend: Backend): PinRecord {
  const pin = backend.store.pins.get(call.params.file ?? '');
  if (pin === undefined || !exists(pin, backend.clock.now())) throw new Refusal(404, 'File not found');
  return pin;
}

function renderGroup(group: Group): Record<string, unknown> {
  return {
    id: group.id,
    name: group.name,
    is_public: group.isPublic,
    created_at: new Date(group.createdAt).toISOString(),
  };
}
