import { createBlockWalk } from '../adapters/gateway/block-walk.ts';
import { createProbe } from '../adapters/gateway/probe.ts';
import { isServed } from '../domain/outcome.ts';
import { isSound } from '../domain/verification.ts';
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
import { clock, type Wiring } from './wiring.ts';

/** What looks at content from outside, and moves what points to it. */
export function presencePorts(
  wiring: Wiring,
  account: AccountPorts,
  waiting: Waiting = waitEachTime(wiring.values['verify-timeout']),
): Omit<PresencePorts, 'mirrors'> & { readonly names: NamePorts; readonly trees: Trees } {
  const own = discoverGateways(wiring, account.pins);
  const trees = publishedTrees(wiring, own);
  const gateways = gatewayPorts(wiring, waiting, { own, trees });
  return {
    log: wiring.log,
    gateways: wiring.values.network === 'private' ? { ...gateways, probe: privateProbe(wiring, account) } : gateways,
    names: namePorts(wiring, account.plain, own),
    trees,
  };
}

/** How long content is waited for. */
interface Waiting {
  readonly leftMs: () => number;
  /** Told of a wait that was in vain. */
  readonly spend: (ms: number) => void;
}

function waitEachTime(timeoutMs: number): Waiting {
  return { leftMs: () => timeoutMs, spend: () => {} };
}

/** Enough for a second attempt. */
const LEAST_WAIT_MS = 10_000;

/** For many contents that are no news: what one has waited in vain, the others need not wait again. */
export function waitOnce(timeoutMs: number): Waiting {
  let spentMs = 0;
  return {
    leftMs: () => Math.max(timeoutMs - spentMs, Math.min(timeoutMs, LEAST_WAIT_MS)),
    spend: (ms) => {
      spentMs += ms;
    },
  };
}

/** Links and blocks, on the account's own gateways and the public ones. */
function gatewayPorts(
  wiring: Wiring,
  waiting: Waiting,
  { own, trees }: { readonly own: OwnGateways; readonly trees: Trees },
): Gateways {
  const { values, log, recorder } = wiring;
  const dedicatedKey = values['pinata-gateway-key'];
  const look = values.verify === 'gateway' || values.verify === 'blocks' ? 'gateway' : 'none';
  const enough = values['fail-on-unreachable'] ? 'live' : 'opens';
  return {
    probe: async (content) => {
      const templates = linkTemplates(values, await own());
      const timeoutMs = waiting.leftMs();
      const probe = createProbe({ templates, dedicatedKey, timeoutMs, look, enough, open: trees });
      const began = clock.now();
      const probes = await timed(recorder, 'Open the links', () => probe(content));
      if (!isServed(probes)) waiting.spend(clock.now() - began);
      return probes;
    },
    checkBlocks: async (root) => {
      const walk = createBlockWalk({
        gateways: await blockTemplates(values, own),
        dedicatedKey,
        timeoutMs: waiting.leftMs(),
        onProgress: (bytes, total) => log.progress('Checked', bytes, total),
      });
      const began = clock.now();
      const checks = await timed(recorder, 'Check the blocks', () => walk(root));
      if (!checks.some(isSound)) waiting.spend(clock.now() - began);
      const wrong = checks.find(({ state }) => state === 'broken');
      if (wrong !== undefined) log.line(`${wrong.host}: ${wrong.note}, after ${renderBytes(wrong.bytes)}.`);
      return checks;
    },
  };
}
