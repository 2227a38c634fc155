import type { NamePorts } from '../modes/names.ts';
import type { PresencePorts } from '../modes/presence.ts';
import type { AccountPorts, Wiring } from './account.ts';
import { discoverGateways, gatewayPorts } from './gateways.ts';
import { namePorts } from './names.ts';
import { publishedTrees, type Trees } from './trees.ts';

/** What looks at content from outside, and moves what points to it. */
export function presencePorts(
  wiring: Wiring,
  account: AccountPorts,
): Omit<PresencePorts, 'mirrors'> & { readonly names: NamePorts; readonly trees: Trees } {
  const own = discoverGateways(wiring, account.pins);
  const trees = publishedTrees(wiring, own);
  return {
    log: wiring.log,
    gateways: gatewayPorts(wiring, own, trees),
    names: namePorts(wiring, account.plain, own),
    trees,
  };
}
