import type { GatewayTemplate } from '../domain/link.ts';
import type { Inputs } from '../inputs.ts';

type Values = Inputs['values'];

/** The account's own gateway first: it has the content soonest. */
export function gatewayTemplates(values: Values): readonly GatewayTemplate[] {
  const own = ownGateway(values);
  return [
    ...dedicatedGateway(values),
    ...values.gateways
      // The account's own gateway may be among the templates.
      .filter((template) => own === undefined || !template.startsWith(`${own}/`))
      .map((template) => ({ template, dedicated: false })),
  ];
}

/** Where blocks of what was published are read. No public gateway is asked for what is private. */
export function blockGateways(values: Values): readonly GatewayTemplate[] {
  if (values.network === 'private') return [];
  const others = values['block-gateways'].map((template) => ({ template, dedicated: false }));
  return [...dedicatedGateway(values), ...others];
}

function ownGateway(values: Values): string | undefined {
  const domain = values['pinata-gateway'];
  return values['pinata-gateway-url'] ?? (domain === undefined ? undefined : `https://${domain}`);
}

function dedicatedGateway(values: Values): readonly GatewayTemplate[] {
  const own = ownGateway(values);
  return own === undefined ? [] : [{ template: `${own}/ipfs/{cid}`, dedicated: true }];
}
