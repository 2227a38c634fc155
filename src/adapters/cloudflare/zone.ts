import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import type { CloudflareOptions } from './account.ts';
import { callCloudflare } from './calls.ts';
import { DOING, explainCloudflare, isFine } from './errors.ts';
import { rowsOf } from './records.ts';

/** The id of the zone that a domain is in: of the longest ending of its name that is a zone. */
export async function findZone(options: CloudflareOptions, domain: string): Promise<string> {
  if (options.zoneId !== undefined) return options.zoneId;
  const labels = domain.split('.');
  for (let at = 0; at < labels.length - 1; at += 1) {
    const id = await zoneNamed(options, labels.slice(at).join('.'));
    if (id !== undefined) return id;
  }
  throw new ActionError('credentials', `Cloudflare shows the token in cloudflare-token no zone that ${domain} is in.`, {
    hint: 'Give the token the permissions Zone.Zone Read and Zone.DNS Edit for the zone of the domain, or set cloudflare-zone.',
  });
}

async function zoneNamed(options: CloudflareOptions, name: string): Promise<string | undefined> {
  const path = `/zones?name=${encodeURIComponent(name)}`;
  const answer = await callCloudflare(options, DOING.zone, { method: 'GET', path });
  if (!isFine(answer)) throw explainCloudflare(answer, DOING.zone);
  const zones = rowsOf(parseJson(answer.body)).filter((row) => textAt(row, 'name')?.toLowerCase() === name);
  // A zone that is not active answers nobody.
  const active = zones.filter((row) => textAt(row, 'status') === 'active');
  const [zone, ...others] = active.length > 0 ? active : zones;
  if (others.length > 0) {
    throw new ActionError('conflict', `Cloudflare has ${others.length + 1} zones named ${name}.`, {
      hint: 'Set cloudflare-zone to the one that the domain is delegated to.',
    });
  }
  const id = textAt(zone, 'id') ?? '';
  return /^\w{1,64}$/.test(id) ? id : undefined;
}
