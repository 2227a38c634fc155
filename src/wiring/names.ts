import { explainCloudflare } from '../adapters/cloudflare/errors.ts';
import { createCloudflareZones } from '../adapters/cloudflare/zones.ts';
import { createResolvers } from '../adapters/dns/resolvers.ts';
import { createTraffic, type Traffic } from '../adapters/http/traffic.ts';
import { createHotSwaps } from '../adapters/pinata/swaps.ts';
import { ActionError } from '../domain/errors.ts';
import type { NamePorts } from '../modes/names.ts';
import type { DnsZones, Resolvers } from '../ports.ts';
import { within } from './deadline.ts';
import type { OwnGateways } from './gateways.ts';
import { clock, type PlainPinata, type Wiring } from './wiring.ts';

const RESOLVER_TIMEOUT_MS = 8000;
const SWAP_TIMEOUT_MS = 10_000;
const ZONES_TIMEOUT_MS = 120_000;

export function resolversOf({ values }: Pick<Wiring, 'values'>): Resolvers {
  return createResolvers({ urls: values['dns-resolvers'], timeoutMs: RESOLVER_TIMEOUT_MS });
}

/** What moves and reads stable names. */
export function namePorts(wiring: Wiring, account: PlainPinata, own: OwnGateways): NamePorts {
  const { values, log } = wiring;
  const swaps = async (): Promise<NamePorts['swaps']> => {
    const [gateway] = await own();
    const url = gateway?.template.replace('/ipfs/{cid}', '');
    return createHotSwaps(account, { url, key: values['pinata-gateway-key'], timeoutMs: SWAP_TIMEOUT_MS });
  };
  return {
    log,
    clock,
    zones: values['cloudflare-token'] === undefined ? undefined : zonesOf(values, values['cloudflare-token']),
    resolvers: resolversOf(wiring),
    swaps: {
      read: async (original) => await (await swaps()).read(original),
      write: async (original, target) => await (await swaps()).write(original, target),
      remove: async (original) => await (await swaps()).remove(original),
      look: async (original) => await (await swaps()).look(original),
    },
  };
}

/** Its time begins with the first question: an upload may have taken longer than all of it. */
function zonesOf(values: Wiring['values'], token: string): DnsZones {
  let made: DnsZones | undefined;
  const zones = (): DnsZones => {
    made ??= createCloudflareZones({
      apiUrl: values['cloudflare-api-url'],
      token,
      zoneId: values['cloudflare-zone'],
      traffic: cloudflareTraffic(),
    });
    return made;
  };
  return {
    read: async (domain) => await zones().read(domain),
    write: async (domain, path) => {
      await zones().write(domain, path);
    },
  };
}

function cloudflareTraffic(): Traffic {
  return createTraffic({
    service: 'Cloudflare',
    requestsPerMinute: 240,
    concurrency: 2,
    firstDelayMs: 500,
    deadline: within(
      ZONES_TIMEOUT_MS,
      new ActionError('network', 'Cloudflare took too long to change the DNS records.', {
        hint: 'Run the job again: what is done already is not done twice.',
      }),
    ),
    explain: explainCloudflare,
    onRetry: () => {},
  });
}
