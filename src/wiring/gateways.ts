import { ActionError } from '../domain/errors.ts';
import { accountTemplates } from '../domain/gateway.ts';
import type { GatewayTemplate } from '../domain/link.ts';
import type { Inputs } from '../inputs.ts';
import type { Log, Pins } from '../ports.ts';
import type { Wiring } from './wiring.ts';

type Values = Inputs['values'];

/** The account's own gateways, as the user names them or else as the service does: asked once, when they are needed. */
export type OwnGateways = () => Promise<readonly GatewayTemplate[]>;

/** Those that the inputs name; none where they name none. */
export function namedGateways(values: Values): readonly GatewayTemplate[] {
  const own = ownGatewayUrl(values);
  return own === undefined ? [] : [{ template: `${own}/ipfs/{cid}`, dedicated: true }];
}

/** Base URL of the gateway that the inputs name. */
function ownGatewayUrl(values: Values): string | undefined {
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

/**
 * Base URL of the account's own gateway: as the inputs name it, or else as the service does.
 * @throws ActionError where neither does.
 */
export async function ownGatewayBase(values: Values, pins: Pick<Pins, 'readGateways'>): Promise<string> {
  const named = ownGatewayUrl(values);
  if (named !== undefined) return named;
  const gateways = await pins.readGateways();
  const [first] = gateways.kind === 'known' ? accountTemplates(gateways.value) : [];
  if (first !== undefined) return new URL(first.template).origin;
  const why = gateways.kind === 'known' ? 'it has none' : gateways.reason;
  throw new ActionError('credentials', `The account's own gateway is not known: ${why}.`, {
    hint: 'Set pinata-gateway to its domain, or give the key the permission Gateways: Read.',
  });
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
export function linkTemplates({ gateways }: Values, own: readonly GatewayTemplate[]): readonly GatewayTemplate[] {
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
