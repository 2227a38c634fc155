import type { GatewayTemplate } from './link.ts';

/** A gateway of the account, as the service tells of it. */
export interface AccountGateway {
  /** Its host, with the port where that is not the usual one. */
  readonly domain: string;
  /** It serves only what the account has pinned, or wants a key. */
  readonly restricted: boolean;
  /** Domains of the user that lead to it and work. Pages are served through these only. */
  readonly customDomains: readonly string[];
}

/**
 * Links to the account's own gateways. All of them have the same content, so where a custom domain serves pages, those that
 * serve none are left out.
 */
export function accountTemplates(gateways: readonly AccountGateway[]): readonly GatewayTemplate[] {
  const custom = gateways.flatMap(({ customDomains }) => customDomains);
  const hosts = custom.length > 0 ? custom : gateways.map(({ domain }) => domain);
  return [...new Set(hosts)].map((host) => ({ template: `${baseOf(host)}/ipfs/{cid}`, dedicated: true }));
}

function baseOf(host: string): string {
  const isLoopback = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);
  return `${isLoopback ? 'http' : 'https'}://${host}`;
}
