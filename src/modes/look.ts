import { ActionError } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import { isProven, isServed, type Presence } from '../domain/outcome.ts';
import type { Pin } from '../domain/pin.ts';
import { isSound } from '../domain/verification.ts';
import type { DeployRun, Job } from './decide.ts';
import { lookAt, troubles } from './presence.ts';

/** What gateways serve of the pin; undefined when it is gone, which is why nobody serves it. */
export async function look(
  { run, ports }: Job,
  build: Build,
  { id }: Pin,
): Promise<Pick<Presence, 'probes' | 'blocks'> | undefined> {
  const seen = await lookAt(build, run, ports);
  const trouble = run.network === 'private' ? undefined : troubleWith(build, seen, run);
  if (trouble === undefined) return seen;
  if (!run.failOnUnreachable) ports.log.warn(trouble.message);
  else if ((await ports.pins.read(id)) === undefined) return undefined;
  else throw trouble;
  return seen;
}

function troubleWith(
  { root }: Build,
  { probes, blocks }: Pick<Presence, 'probes' | 'blocks'>,
  { verify, failOnUnreachable }: Pick<DeployRun, 'verify' | 'failOnUnreachable'>,
): ActionError | undefined {
  const isAsked = probes.length === 0 || probes.some(({ state }) => state !== 'unopened');
  // Where it must be reachable, a page that would fetch it in the browser is not enough.
  const isThere = failOnUnreachable ? isProven(probes) || blocks.some(isSound) : isServed(probes);
  if (isAsked && !isThere) {
    return new ActionError('network', `${root} is pinned, but no gateway serves it (${troubles(probes)}).`, {
      hint: probes.every((probe) => probe.final)
        ? 'Waiting does not help: give gateways or pinata-gateway one that serves this content. No tag was moved.'
        : 'Run the job again later, or give verify-timeout more time. No tag was moved.',
    });
  }
  if (verify !== 'blocks' || blocks.some(isSound)) return undefined;
  return new ActionError(
    'network',
    `${root} is pinned, but no gateway serves all of its blocks (${troubles(blocks)}).`,
    { hint: 'Run the job again later, or give block-gateways one that serves blocks. No tag was moved.' },
  );
}
