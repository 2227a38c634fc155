import { writeCar } from '../adapters/unixfs/car-file.ts';
import { ActionError } from '../domain/errors.ts';
import type { DeployPorts } from '../modes/decide.ts';
import { renderBytes, renderMs } from '../render/units.ts';
import { accessLinkPort } from './access-link.ts';
import { accountPorts } from './account.ts';
import { assessPorts } from './build.ts';
import type { Material } from './inspect.ts';
import { presencePorts } from './presence.ts';
import { listingCache } from './trees.ts';
import type { Wiring } from './wiring.ts';

/** What a deploy of these files works with. */
export function deployPorts(wiring: Wiring, material: Material): DeployPorts {
  const { values, log, recorder } = wiring;
  const { deadline, transferring, transferred } = transferDeadline(values.timeout);
  const account = accountPorts(wiring, deadline);
  const { trees, ...presence } = presencePorts(wiring, account);
  return {
    ...assessPorts(wiring, { material, trees }, deadline),
    ...account,
    ...presence,
    accessLink: accessLinkPort(wiring, account),
    transferring,
    transferred,
    keepCar: async (build) => {
      if (values['car-file'] === undefined) return;
      await writeCar(build.car, values['car-file']);
      log.line(`Wrote the CAR, ${renderBytes(build.car.bytes)}, to ${values['car-file']}.`);
    },
    keepListing: async (build) => {
      const began = performance.now();
      const kept = await listingCache(wiring).save(build.root, build.nodes.values());
      if (kept === 'saved')
        log.line(`Kept its directories for the next diff, in ${renderMs(performance.now() - began)}.`);
    },
    showUpload: (upload, ms) => {
      recorder.phase('Upload', ms);
      log.line(`Uploaded ${renderBytes(upload.sentBytes)} in ${renderMs(ms)}.`);
    },
  };
}

/** The time for the transfer. What is before and after it is short, and bounded by the request policy alone. */
function transferDeadline(timeoutMs: number): Pick<DeployPorts, 'transferring' | 'transferred'> & {
  readonly deadline: AbortSignal;
} {
  const controller = new AbortController();
  const expire = (): void =>
    controller.abort(
      new ActionError('network', `The transfer took longer than timeout (${renderMs(timeoutMs)}).`, {
        hint: 'Run the job again, or give timeout more time. What was pinned before stays pinned.',
      }),
    );
  let timer: NodeJS.Timeout | undefined;
  return {
    deadline: controller.signal,
    transferring: () => {
      timer ??= setTimeout(expire, timeoutMs).unref();
    },
    transferred: () => clearTimeout(timer),
  };
}
