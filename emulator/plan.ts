import { Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { exists } from './pins.ts';

const freeFiles = 500;

/** Throws 403 when the account is blocked, or a quarter over the number of pins of its plan. */
export function refuseBlockedAccount(backend: Backend): void {
  if (backend.knobs.blocked || isOverPlan(backend)) {
    throw new Refusal(403, 'Account blocked due to plan usage limit', { reason: 'FORBIDDEN' });
  }
}

function isOverPlan(backend: Backend): boolean {
  const { plan, maxFiles } = backend.knobs;
  const allowed = maxFiles === 0 && plan === 'free' ? freeFiles : maxFiles;
  if (allowed === 0) return false;
  const now = backend.clock.now();
  return backend.store.pins.all().filter((pin) => exists(pin, now)).length >= allowed * 1.25;
}
