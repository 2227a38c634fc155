import { createBlockWalk } from '../adapters/gateway/block-walk.ts';
import { createProbe } from '../adapters/gateway/probe.ts';
import type { NamePorts } from '../modes/names.ts';
import type { PresencePorts } from '../modes/presence.ts';
import type { Gateways } from '../ports.ts';
import { renderBytes } from '../render/units.ts';
import { privateProbe } from './access-link.ts';
import type { AccountPorts } from './account.ts';
import { blockTemplates, discoverGateways, linkTemplates, type OwnGateways } from './gateways.ts';
import { namePorts } from './names.ts';
import { timed } from './record.ts';
import { publishedTrees, type Trees } from './trees.ts';
import type { Wiring } from './wiring.ts';

/** What looks at content from outside, and moves what points to it. */
export function presencePorts(
  wiring: Wiring,
  account: AccountPorts,
): Omit<PresencePorts, 'mirrors'> & { readonly names: NamePorts; readonly trees: Trees } {
  const own = discoverGateways(wiring, account.pins);
  const trees = publishedTrees(wiring, own);
  const gateways = gatewayPorts(wiring, own, trees);
  return {
    log: wiring.log,
    gateways: wiring.values.network === 'private' ? { ...gateways, probe: privateProbe(wiring, account) } : gateways,
    names: namePorts(wiring, account.plain, own),
    trees,
  };
}

/** Links and blocks, on the account's own gateways and the public ones. */
function gatewayPorts(wiring: Wiring, own: OwnGateways, trees: Trees): Gateways {
  const { values, log, recorder } = wiring;
  const timeoutMs = values['verify-timeout'];
  const dedicatedKey = values['pinata-gateway-key'];
  const look = values.verify === 'gateway' || values.verify === 'blocks' ? 'gateway' : 'none';
  const enough = values['fail-on-unreachable'] ? 'live' : 'opens';
  return {
    probe: async (content) => {
      const templates = linkTemplates(values, await own());
      const probe = createProbe({ templates, dedicatedKey, timeoutMs, look, enough, open: trees });
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
