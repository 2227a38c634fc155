import type { PromotePorts } from '../modes/promote.ts';
import type { VerifyPorts } from '../modes/verify.ts';
import { renderHealthLine } from '../render/health.ts';
import { renderPromotionLine } from '../render/promotion.ts';
import { accessLinkPort } from './access-link.ts';
import { accountPorts } from './account.ts';
import { showComparison } from './build.ts';
import { presencePorts, waitOnce } from './presence.ts';
import { treeComparison } from './trees.ts';
import type { Wiring } from './wiring.ts';

/** What a promotion and a rollback work with. */
export function promotePorts(wiring: Wiring): PromotePorts {
  const account = accountPorts(wiring, new AbortController().signal);
  const { trees, ...presence } = presencePorts(wiring, account);
  return {
    ...account,
    ...presence,
    accessLink: accessLinkPort(wiring, account),
    comparePublished: treeComparison(trees),
    showComparison: showComparison(wiring),
    showPromotion: (plan) => wiring.log.line(renderPromotionLine(plan)),
  };
}

/** What a verification looks with. */
export function verifyPorts(wiring: Wiring): VerifyPorts {
  const account = accountPorts(wiring, new AbortController().signal);
  return {
    ...account,
    ...presencePorts(wiring, account, waitOnce(wiring.values['verify-timeout'])),
    showHealth: (tag) => wiring.log.line(renderHealthLine(tag)),
  };
}
