import { ActionError } from '../../domain/errors.ts';
import { listAt, textAt } from '../../domain/json.ts';
import type { PinataAccount } from './account.ts';
import { DOING } from './errors.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_PAGES = 100;

/** The id of a group given by its id or its exact name; a name that does not exist yet is created. */
export async function findOrCreateGroup(account: PinataAccount, group: string): Promise<string> {
  if (UUID.test(group)) return group;
  return (await findGroup(account, group)) ?? (await createGroup(account, group));
}

async function findGroup({ sdk, traffic, network }: PinataAccount, name: string): Promise<string | undefined> {
  let token = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await traffic.through(DOING.listGroups.text, async () => {
      const query = sdk.groups[network].list().name(name).limit(100);
      if (token !== '') query.pageToken(token);
      return await query;
    });
    const groups = listAt(answer, 'groups') ?? [];
    // The service's filter may match parts of names.
    const found = groups.find((group) => textAt(group, 'name') === name);
    if (found !== undefined) return textAt(found, 'id');
    const next = textAt(answer, 'next_page_token') ?? '';
    if (next === '' || next === token) return undefined;
    token = next;
  }
  return undefined;
}

async function createGroup({ sdk, traffic, network }: PinataAccount, name: string): Promise<string> {
  const answer: unknown = await traffic.through(DOING.createGroup.text, () => sdk.groups[network].create({ name }));
  const id = textAt(answer, 'id');
  if (id === undefined) throw new ActionError('network', `Pinata did not answer the id of the new group "${name}".`);
  return id;
}
