import { inStep } from '../domain/errors.ts';
import type { Outcome, Retention } from '../domain/outcome.ts';
import { type Judged, judgeRevisions, type RetentionPolicy, refuseTooMany, toUnpin } from '../domain/retention.ts';
import { type Revision, revisionsOf } from '../domain/revision.ts';
import type { Mirror } from '../ports.ts';
import { type GiveUpPorts, giveUp } from './give-up.ts';
import { unmirror } from './mirror.ts';
import { investigate, isWorthAsking, type Judgement, readClosed, type SurveyPorts, stillGivenUp } from './survey.ts';

export interface CleanupRun {
  /** With the scope `all` it is a sweep, which also asks whose pull requests are closed. */
  readonly policy: RetentionPolicy;
  /** A pull request that was closed asks for it: it may have been opened again. */
  readonly closing: boolean;
  readonly now: Date;
  readonly unpin: boolean;
  readonly maxRemovals: number;
  readonly dryRun: boolean;
}

export interface CleanupPorts extends SurveyPorts, GiveUpPorts {
  readonly mirrors: readonly Mirror[];
  readonly showRetention: (rows: readonly Judged[]) => void;
}

/** Takes given-up tags away and unpins what nothing needs: look, judge, show, and only then carry out. */
export async function cleanup(run: CleanupRun, ports: CleanupPorts): Promise<Outcome> {
  const judgement = await inStep('reading the account', () => judgeProject(run, ports));
  ports.showRetention(judgement.rows);
  const retention = await carryOut(run, ports, judgement);
  return {
    kind: 'cleaned',
    tags: run.policy.scope === 'all' ? [] : [...judgement.policy.givenUp.keys()],
    dryRun: run.dryRun,
    retention,
    // Never before ours is gone.
    mirrors: await unmirror(
      retention.unpinned.map(({ revision }) => revision.cid),
      ports.mirrors,
      ports.log,
    ),
  };
}

/** What a cleanup would do, without doing any of it. */
export async function judgeProject(run: Omit<CleanupRun, 'unpin' | 'dryRun'>, ports: SurveyPorts): Promise<Judgement> {
  const { policy, now, maxRemovals } = run;
  const revisions = revisionsOf(await ports.pins.listByProject(policy.project), policy.project);
  const known = { ...policy, givenUp: await readGivenUp(run, ports, revisions) };
  const first = { rows: judgeRevisions(revisions, known, now), policy: known, now };
  return isWorthAsking(first, maxRemovals) ? await investigate(ports, first) : first;
}

async function readGivenUp(
  { policy, now, closing }: Omit<CleanupRun, 'unpin' | 'dryRun'>,
  ports: SurveyPorts,
  revisions: readonly Revision[],
): Promise<RetentionPolicy['givenUp']> {
  if (policy.scope === 'all') return await readClosed(ports, revisions, { policy, now });
  return closing ? await stillGivenUp(ports, policy.givenUp) : policy.givenUp;
}

/** Carries a judgement out, or says why not. */
export async function carryOut(
  { dryRun, unpin, maxRemovals }: Pick<CleanupRun, 'dryRun' | 'unpin' | 'maxRemovals'>,
  ports: GiveUpPorts,
  judgement: Judgement,
): Promise<Retention> {
  if (dryRun || !unpin) {
    if (toUnpin(judgement.rows).length > maxRemovals) {
      ports.log.warn(`This plan unpins more than max-removals (${maxRemovals}): carried out, it would fail.`);
    }
    return shown(judgement, dryRun ? 'dry-run is true' : 'unpin is false');
  }
  const retention = await inStep('unpinning', async () => {
    refuseTooMany(judgement.rows, maxRemovals);
    return await giveUp(ports, judgement);
  });
  if (retention.failed.length > 0) {
    const reasons = [...new Set(retention.failed.map(({ reason }) => reason))].slice(0, 3).join(' ');
    ports.log.warn(
      `${retention.failed.length} of ${retention.failed.length + retention.unpinned.length} stale revisions could not be given up: ${reasons} The next run tries again.`,
    );
  }
  return retention;
}

/** A plan that is only shown. */
export function shown({ rows, now }: Pick<Judgement, 'rows' | 'now'>, notApplied: string): Retention {
  return { rows, judgedAt: now, notApplied, unpinned: [], spared: [], failed: [] };
}
