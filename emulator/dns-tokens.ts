import { randomBytes } from 'node:crypto';
import type { DnsGrants, DnsToken } from './dns-records.ts';
import type { Store } from './store.ts';

/** API tokens of the Cloudflare account. */
export interface DnsTokens {
  /** The token printed at the start, which may do everything; the same after a restart. */
  readonly token: string;
  add(grants: DnsGrants): DnsToken;
  find(token: string): DnsToken | undefined;
  /** The label that stands for this Authorization header in the request log; undefined for no token of ours. */
  labelOf(authorization: string): string | undefined;
}

const mainToken = 'cloudflare-token';

export function openDnsTokens({ settings, dns: { tokens } }: Store): DnsTokens {
  const token = settings.get(mainToken)?.value ?? renderToken();
  settings.put({ id: mainToken, value: token });
  tokens.put({ id: token, label: 'cloudflare', permissions: ['zone:read', 'dns:edit'], zones: [] });
  return {
    token,
    add: (grants) => {
      const added = { id: renderToken(), label: `cloudflare-${tokens.all().length}`, ...grants };
      tokens.put(added);
      return added;
    },
    find: (text) => tokens.get(text),
    labelOf: (authorization) => tokens.get(/^bearer (\S+)$/i.exec(authorization)?.[1] ?? '')?.label,
  };
}

/** 40 characters, as the service's own have. */
function renderToken(): string {
  return randomBytes(30).toString('base64url');
}
