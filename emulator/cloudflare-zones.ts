import type { Answer } from './answer.ts';
import type { Backend } from './backend.ts';
import { maySee } from './cloudflare-auth.ts';
import { CloudflareRefusal } from './cloudflare-refusal.ts';
import { type CloudflareCall, result, resultPage } from './cloudflare-route.ts';
import type { DnsZone } from './dns-records.ts';

/** Those that the token may see: none without the permission, and no refusal. */
export function listZones({ token, url }: CloudflareCall, { store }: Backend): Answer {
  const name = url.searchParams.get('name');
  const zones = store.dns.zones
    .all()
    .filter((zone) => token.permissions.includes('zone:read') && maySee(token, zone))
    .filter((zone) => name === null || zone.name === name.toLowerCase());
  return resultPage(zones.map(renderZone), url);
}

export function showZone({ token, params }: CloudflareCall, { store }: Backend): Answer {
  const zone = store.dns.zones.get(params.zone ?? '');
  if (zone === undefined || !token.permissions.includes('zone:read') || !maySee(token, zone)) {
    throw new CloudflareRefusal(403, [9109, 'Unauthorized to access requested resource']);
  }
  return result(renderZone(zone));
}

function renderZone({ id, name, status }: DnsZone): object {
  return {
    id,
    name,
    status,
    paused: false,
    type: 'full',
    name_servers: ['ada.ns.example', 'bob.ns.example'],
    account: { id: '0'.repeat(32), name: 'Emulator' },
    plan: { name: 'Free Website' },
  };
}
