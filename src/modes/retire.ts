import { ActionError } from '../domain/errors.ts';
import { labelOf } from '../domain/names.ts';
import { isServed, type Presence, type Retention } from '../domain/outcome.ts';
import type { Pin } from '../domain/pin.ts';
import { type RetentionPolicy, toUnpin } from '../domain/retention.ts';
import { carryOut, shown } from './cleanup.ts';
import type { Decision, Job } from './decide.ts';
import { unmirror } from './mirror.ts';
import { investigate, type Judgement } from './survey.ts';

/** What became of old content, here and at the mirrors. */
export interface Retired {
  readonly retention: Retention;
  readonly unmirrored: Presence['mirrors'];
}

/** Gives up what is stale, now that the new content is there. While nobody serves it, or a name still shows the old, that stays. */
export async function retire(
  { run, ports }: Job,
  { plan }: Decision,
  { pin, presence }: { readonly pin: Pin; readonly presence: Presence },
): Promise<Retired> {
  const rows = plan.retention.map((row) =>
    row.revision.cid === plan.cid ? { ...row, revision: { ...row.revision, pins: [pin] } } : row,
  );
  const policy = { ...plan.policy, inUse: withFormer(plan.policy.inUse, presence) };
  const first: Judgement = { rows, policy, now: run.now };
  const reason = toUnpin(rows).length === 0 ? undefined : reasonToWait(presence);
  if (reason !== undefined) {
    ports.log.line(`Old content stays: ${reason}.`);
    return { retention: shown(first, reason), unmirrored: [] };
  }
  try {
    const retention = await carryOut(run, ports, await investigate(ports, first));
    // Never before ours is gone.
    const gone = retention.unpinned.map(({ revision }) => revision.cid);
    return { retention, unmirrored: await unmirror(gone, ports.mirrors, ports.log) };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    ports.log.warn(`Nothing old was given up: ${error.message} The next run tries again.`);
    return { retention: shown(first, error.message.replace(/\.$/, '')), unmirrored: [] };
  }
}

function reasonToWait({ probes, names }: Presence): string | undefined {
  const isAsked = probes.some(({ state }) => state !== 'unopened');
  if (isAsked && !isServed(probes)) return 'no gateway serves the new content yet';
  const failed = names.find(({ state }) => state === 'failed');
  return failed === undefined ? undefined : `${labelOf(failed.name)} does not point to the new content yet`;
}

/** Who asked a minute ago keeps the old answer for a while. */
function withFormer(inUse: RetentionPolicy['inUse'], { names }: Presence): RetentionPolicy['inUse'] {
  const former = names.flatMap(({ name, previous }) =>
    previous?.cid === undefined ? [] : [[previous.cid, `${labelOf(name)} pointed to it until now`] as const],
  );
  return new Map([...inUse, ...former]);
}
