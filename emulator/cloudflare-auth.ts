import type { Backend } from './backend.ts';
import { CloudflareRefusal } from './cloudflare-refusal.ts';
import type { CloudflareCall } from './cloudflare-route.ts';
import type { DnsToken, DnsZone } from './dns-records.ts';
import type { Call } from './route.ts';

/** The token of a request. Throws with the codes that the service has for none, a malformed and an unknown one. */
export function requireToken({ headers, url }: Omit<Call, 'params'>, { dnsTokens }: Backend): DnsToken {
  const { authorization } = headers;
  if (authorization === undefined) {
    throw new CloudflareRefusal(400, [9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers']);
  }
  const token = /^Bearer ([\w-]{40,})$/.exec(authorization)?.[1];
  if (token === undefined) {
    throw new CloudflareRefusal(
      400,
      [6003, 'Invalid request headers'],
      [[6111, 'Invalid format for Authorization header']],
    );
  }
  const known = dnsTokens.find(token);
  if (known !== undefined) return known;
  if (url.pathname.endsWith('/user/tokens/verify')) throw new CloudflareRefusal(401, [1000, 'Invalid API Token']);
  throw new CloudflareRefusal(403, [9109, 'Invalid access token']);
}

export function maySee({ zones }: DnsToken, zone: DnsZone): boolean {
  return zones.length === 0 || zones.includes(zone.name);
}

/** The zone in the path, when the token may read or edit its records. Throws as the service does. */
export function requireZone(call: CloudflareCall, needs: 'read' | 'edit', { store }: Backend): DnsZone {
  const { token, params, url } = call;
  const zone = store.dns.zones.get(params.zone ?? '');
  if (!/^[0-9a-f]{32}$/.test(params.zone ?? '') || zone === undefined) {
    const { pathname } = url;
    throw new CloudflareRefusal(
      404,
      [7003, `Could not route to ${pathname.replace('/client/v4', '')}, perhaps your object identifier is invalid?`],
      [[7000, 'No route for that URI']],
    );
  }
  const { permissions } = token;
  const may = permissions.includes('dns:edit') || (needs === 'read' && permissions.includes('dns:read'));
  if (!may || !maySee(token, zone)) throw new CloudflareRefusal(403, [10_000, 'Authentication error']);
  return zone;
}
