import { createTraffic } from '../adapters/http/traffic.ts';
import { mirrorPolicy } from '../adapters/mirrors/errors.ts';
import { createMirror } from '../adapters/mirrors/mirror.ts';
import { ActionError } from '../domain/errors.ts';
import type { MirrorAddress } from '../domain/mirror.ts';
import type { Mirror } from '../ports.ts';
import { renderMs } from '../render/units.ts';
import { within } from './deadline.ts';
import type { Wiring } from './wiring.ts';

/** The second homes that the inputs name. */
export function mirrorsOf(wiring: Wiring): readonly Mirror[] {
  return wiring.values.mirrors.map((address) => {
    let opened: Mirror | undefined;
    // Its time begins with the first question, not while the build is hashed.
    const mirror = (): Mirror => {
      opened ??= openMirror(address, wiring);
      return opened;
    };
    return {
      name: address.name,
      kind: address.kind,
      pin: async (order) => await mirror().pin(order),
      read: async (cid) => await mirror().read(cid),
      unpin: async (cid) => await mirror().unpin(cid),
    };
  });
}

function openMirror(address: MirrorAddress, { values, project, log }: Wiring): Mirror {
  const { name } = address;
  const token = values['mirror-tokens'].get(name);
  const late = new ActionError('network', `Mirror ${name} took longer than timeout (${renderMs(values.timeout)}).`, {
    hint: 'Give timeout more time, or look at that service. Nothing depends on it.',
  });
  const traffic = createTraffic({
    ...mirrorPolicy({ name, token }),
    deadline: within(values.timeout, late),
    onRetry: (doing, why, delayMs) => {
      if (delayMs >= NOTED_WAIT_MS) log.line(`Waiting ${renderMs(delayMs)} for mirror ${name} to ${doing} (${why}).`);
    },
  });
  const waitMs = Math.min(values['verify-timeout'], MOST_WAIT_MS);
  return createMirror(address, { token, project, waitMs, traffic });
}

const NOTED_WAIT_MS = 2000;
/** An order that is on its way goes on by itself: nobody waits longer for it. */
const MOST_WAIT_MS = 30_000;
