import { createBlockWalk } from '../adapters/gateway/block-walk.ts';
import { createProbe } from '../adapters/gateway/probe.ts';
import { ActionError } from '../domain/errors.ts';
import { accountTemplates } from '../domain/gateway.ts';
import type { GatewayTemplate } from '../domain/link.ts';
import type { Inputs } from '../inputs.ts';
import type { Gateways, Log, Pins } from '../ports.ts';
import { renderBytes } from '../render/units.ts';
import type { Wiring } from './account.ts';
import { timed } from './record.ts';
import type { Trees } from './trees.ts';

type Values = Inputs['values'];

/** The account's own gateways, as the user names them or else as the service does: asked once, when they are needed. */
export type OwnGateways = () => Promise<readonly GatewayTemplate[]>;

/** Those that the inputs name; none where they name none. */
export function namedGateways(values: Values): readonly GatewayTemplate[] {
  const own = ownGatewayUrl(values);
  return own === undefined ? [] : [{ template: `${own}/ipfs/{cid}`, dedicated: true }];
}

/** Base URL of the gateway that the inputs name. */
export function ownGatewayUrl(values: Values): string | undefined {
  const domain = values['pinata-gateway'];
  return values['pinata-gateway-url'] ?? (domain === undefined ? undefined : `https://${domain}`);
}

export function discoverGateways(
  { values, log }: Pick<Wiring, 'values' | 'log'>,
  pins: Pick<Pins, 'readGateways'>,
): OwnGateways {
  const named = namedGateways(values);
  let found: Promise<readonly GatewayTemplate[]> | undefined;
  return () => {
    found ??= named.length > 0 || values.network === 'private' ? Promise.resolve(named) : discover(pins, log);
    return found;
  };
}

/** Without an answer there are the public ones. */
async function discover(pins: Pick<Pins, 'readGateways'>, log: Log): Promise<readonly GatewayTemplate[]> {
  try {
    const gateways = await pins.readGateways();
    return gateways.kind === 'known' ? accountTemplates(gateways.value) : [];
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    log.line(`The account's own gateways are not known: ${error.message}`);
    return [];
  }
}

/** Where people may open content: the account's own gateways first, which have it soonest. */
function linkTemplates({ gateways }: Values, own: readonly GatewayTemplate[]): readonly GatewayTemplate[] {
  const bases = own.map(({ template }) => template.replace('{cid}', ''));
  const others = gateways
    // The account's own gateway may be among the templates.
    .filter((template) => !bases.some((base) => template.startsWith(base)))
    .map((template) => ({ template, dedicated: false }));
  return [...own, ...others];
}

/** Where blocks of what was published are read. No public gateway is asked for what is private. */
export async function blockTemplates(values: Values, own: OwnGateways): Promise<readonly GatewayTemplate[]> {
  if (values.network === 'private') return [];
  const others = values['block-gateways'].map((template) => ({ template, dedicated: false }));
  // With `none`, only what the user named is asked.
  return others.length === 0 ? namedGateways(values) : [...(await own()), ...others];
}

/** Links and blocks, on the account's own gateways and the public ones. */
export function gatewayPorts(wiring: Wiring, own: OwnGateways, trees: Trees): Gateways {
  const { values, log, recorder } = wiring;
  const timeoutMs = values['verify-timeout'];
  const dedicatedKey = values['pinata-gateway-key'];
  const look = values.verify === 'gateway' || values.verify === 'blocks' ? 'gateway' : 'none';
  return {
    probe: async (content) => {
      const templates = linkTemplates(values, await own());
      const probe = createProbe({ templates, dedicatedKey, timeoutMs, look, open: trees });
      return await timed(recorder, 'Open the links', () => probe(content));
    },
    checkBlocks: async (root) => {
      const walk = createBlockWalk({
        gateways: await blockTemplates(values, own),
        dedicatedKey,
        timeoutMs,
        onProgress: (bytes, total) => log.progress('Checked', bytes, total),
      });
      const checks = await timed(recorder, 'Check the blocks', () => walk(root));
      const wrong = checks.find(({ state }) => state === 'broken');
      if (wrong !== undefined) log.line(`${wrong.host}: ${wrong.note}, after ${renderBytes(wrong.bytes)}.`);
      return checks;
    },
  };
}
